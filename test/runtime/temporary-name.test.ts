import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Disk } from '../../runtime/disk.ts';
import { isOrphaned, isTemporaryName, temporaryName } from '../../runtime/temporary-name.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-names-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const own = (): string => basename(temporaryName(join(folder, 'stats.json')));
/** As the process wrote it that runs `of`. */
const by = (pid: number): string => own().replace(`-${process.pid}-`, `-${pid}-`);

test('leftovers are what a dead run wrote and nothing of the user', async () => {
  const { pid: dead } = spawnSync('true');
  const otherNamespace = own().replace(/^(\.brickyard-tmp-\d+-\w+)-\w+/, '$1-other');
  const users = [
    'notes.tmp-2024',
    'a.tmp-999999999',
    `b.${dead}.part`,
    'c.part',
    '.d.tmp',
    '.brickyard-tmp-notes',
    'stats.json',
  ];
  for (const name of [...users, own(), by(dead), otherNamespace]) writeFileSync(join(folder, name), '');
  expect([own(), by(dead), otherNamespace].every(isTemporaryName)).toBe(true);
  expect(users.some(isTemporaryName)).toBe(false);
  await new Disk().removeLeftovers(folder);
  expect(readdirSync(folder).sort()).toEqual([...users].sort());
});

test('what a living process writes stays', async () => {
  const start = own().split('-')[3];
  const parent = own().replace(`-${process.pid}-${start}-`, `-${process.ppid}-${startOf(process.ppid)}-`);
  writeFileSync(join(folder, parent), '');
  await new Disk().removeLeftovers(folder);
  expect(readdirSync(folder)).toEqual([parent]);
});

test('beside a folder that others use, only what is seen to be orphaned and of that name goes', () => {
  const { pid: dead } = spawnSync('true');
  expect(isOrphaned(by(dead), 'stats.json')).toBe(true);
  expect(isOrphaned(by(dead), 'other.json')).toBe(false);
  expect(isOrphaned(own())).toBe(false);
  expect(isOrphaned(by(dead).replace(/^(\.brickyard-tmp-\d+-\w+)-\w+/, '$1-other'))).toBe(false);
});

function startOf(pid: number): string {
  const { stdout } = spawnSync('cat', [`/proc/${pid}/stat`], { encoding: 'utf8' });
  return BigInt(stdout.slice(stdout.lastIndexOf(')') + 2).split(' ')[19]).toString(36);
}
