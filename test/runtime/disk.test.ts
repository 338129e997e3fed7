/** Files that appear whole or not at all. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Disk, replaceFile, replaceLink, writeWholeFile } from '../../runtime/disk.ts';
import { InputError } from '../../sim/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file takes the place of another, and nothing else stays', () => {
  const path = join(folder, 'a/b.txt');
  writeWholeFile(path, 'first');
  writeWholeFile(path, Buffer.from('second'));
  expect(readFileSync(path, 'utf8')).toBe('second');
  expect(readdirSync(join(folder, 'a'))).toEqual(['b.txt']);
});

test('a place that cannot be written is named, and what was written is removed', () => {
  mkdirSync(join(folder, 'taken/full'), { recursive: true });
  expect(() => writeWholeFile(join(folder, 'taken'), 'text')).toThrow(InputError);
  expect(() => writeWholeFile(join(folder, 'taken'), 'text')).toThrow(
    /taken cannot be written: .*; free some/,
  );
  expect(() => replaceFile(join(folder, 'taken'), 'text')).toThrow(/^(EISDIR|ENOTEMPTY|EEXIST)/);
  expect(readdirSync(folder)).toEqual(['taken']);
});

test('a file of secrets is never readable by others, not even while it is written', () => {
  const path = join(folder, 'secret');
  writeFileSync(path, 'old', { mode: 0o644 });
  replaceFile(path, 'new', 0o600);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a link is replaced, not followed', () => {
  const link = join(folder, 'last');
  mkdirSync(join(folder, '000001'));
  replaceLink(link, '000001');
  replaceLink(link, '000002');
  expect(readlinkSync(link)).toBe('000002');
  expect(readdirSync(folder)).toEqual(['000001', 'last']);
});

test('pieces that arrive one by one become one file', async () => {
  async function* pieces() {
    yield Buffer.from('one ');
    yield Buffer.from('two');
  }
  await new Disk().writeWhole(join(folder, 'x/pieces'), pieces());
  expect(readFileSync(join(folder, 'x/pieces'), 'utf8')).toBe('one two');
  expect(readdirSync(join(folder, 'x'))).toEqual(['pieces']);
});
