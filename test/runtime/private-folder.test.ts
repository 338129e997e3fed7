import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makePrivateFolder, privateRoot } from '../../runtime/private-folder.ts';

const UID = process.getuid!();
let shared: string;
beforeEach(() => {
  shared = mkdtempSync(join(tmpdir(), 'brickyard-shared-'));
  vi.stubEnv('TMPDIR', shared);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(shared, { recursive: true, force: true });
});
const mode = (path: string): number => statSync(path).mode & 0o777;

test('a private folder lies in one that only its user can enter', () => {
  const made = makePrivateFolder('parity');
  expect(dirname(made)).toBe(join(shared, `brickyard-${UID}`));
  expect(basename(made)).toMatch(new RegExp(`^parity-${process.pid}-\\w+-\\w+-\\w{6}$`));
  expect([mode(made), mode(dirname(made))]).toEqual([0o700, 0o700]);
  chmodSync(dirname(made), 0o777);
  makePrivateFolder('parity');
  expect(mode(dirname(made))).toBe(0o700);
});

test('what a process that ended left is removed; what a living one, another kind or namespace uses stays', () => {
  const own = basename(makePrivateFolder('parity'));
  const { pid } = spawnSync('true');
  const names = [
    own.replace(`-${process.pid}-`, `-${pid}-`), // ended
    own.replace(/^(\w+-\d+)-\w+/, '$1-1'), // its number belongs to another process now
    own.replace('parity', 'chromium').replace(`-${process.pid}-`, `-${pid}-`),
    own.replace(/-\w+(-\w+)$/, '-other$1').replace(`-${process.pid}-`, `-${pid}-`),
    'parity-notes',
  ];
  for (const name of names) mkdirSync(join(privateRoot(), name));
  const removed: string[] = [];
  makePrivateFolder('parity', (folder) => removed.push(basename(folder)));
  expect(removed.sort()).toEqual(names.slice(0, 2).sort());
  expect([own, ...names].map((name) => existsSync(join(privateRoot(), name)))).toEqual([
    true,
    false,
    false,
    true,
    true,
    true,
  ]);
});

test('an orphan that cannot be removed keeps nothing from starting', () => {
  const { pid } = spawnSync('true');
  const orphan = basename(makePrivateFolder('parity')).replace(`-${process.pid}-`, `-${pid}-`);
  mkdirSync(join(privateRoot(), orphan));
  const made = makePrivateFolder('parity', () => {
    throw new Error('no');
  });
  expect(existsSync(made)).toBe(true);
});

test('a name that somebody else has taken, also by a link, is left alone and another one used', () => {
  const name = join(shared, `brickyard-${UID}`);
  const target = join(shared, 'target');
  mkdirSync(target, { mode: 0o755 });
  symlinkSync(target, name);
  const made = makePrivateFolder('chromium');
  expect(made.startsWith(`${name}-`)).toBe(true);
  expect(mode(dirname(made))).toBe(0o700);
  expect([readdirSync(target), mode(target)]).toEqual([[], 0o755]);
  rmSync(name);
  writeFileSync(name, '');
  expect(dirname(makePrivateFolder('chromium'))).toBe(dirname(made));
  expect(lstatSync(name).isFile()).toBe(true);
  // The folder of that name belongs to us, not to that user.
  expect(privateRoot(UID + 1)).not.toBe(join(shared, `brickyard-${UID + 1}`));
});

test('without a place for temporary files, the message names TMPDIR', () => {
  const file = join(shared, 'file');
  writeFileSync(file, '');
  for (const [place, fault] of [
    [join(shared, 'none'), 'no such file or folder (ENOENT)'],
    [file, 'a part of the path is a file, not a folder (ENOTDIR)'],
  ]) {
    vi.stubEnv('TMPDIR', place);
    expect(() => makePrivateFolder('parity')).toThrow(
      `temporary files cannot be written in ${place}: ${fault}; create that folder, or set TMPDIR`,
    );
  }
});
