import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../cli.ts';
import { isFull, systemSentence } from '../../runtime/errno.ts';
import { exitCodeOf } from '../../runtime/failure.ts';
import { assertFolderPlace } from '../../runtime/output-folder.ts';
import { InputError } from '../../sim/errors.ts';

const CLI = join(import.meta.dirname, '../../cli.ts');
const LAUNCHER = join(import.meta.dirname, '../../scripts/brickyard.mjs');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-outputs-'));
  writeFileSync(join(folder, 'f'), 'text');
  symlinkSync('nowhere/there', join(folder, 'l'));
  mkdirSync(join(folder, 'd'));
  symlinkSync('d', join(folder, 'to-d'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Places where no folder can be made, below `folder` unless they begin with a slash. */
const REFUSED: [string, RegExp][] = [
  ['f', /^--out \S+\/f is a file; name a folder$/],
  ['f/x', /\/f is a file, not a folder/],
  ['f/x/y', /\/f is a file, not a folder/],
  ['l', /\/l is a link that leads nowhere/],
  ['l/x', /\/l is a link that leads nowhere/],
  ['a'.repeat(256), /has 256 bytes, at most 200 are allowed/],
  ['é'.repeat(101), /has 202 bytes/],
  [`${'a'.repeat(256)}/x`, /the name is too long \(ENAMETOOLONG\)/],
  ['/proc/none/x', /cannot be written: no such file or folder \(ENOENT\)/],
  ['/dev/null', /is a file; name a folder/],
];

describe('a folder to write', () => {
  test.each(REFUSED)('is refused at %.20s', (place, message) => {
    const before = readdirSync(folder);
    expect(() => assertFolderPlace(place.startsWith('/') ? place : join(folder, place))).toThrow(message);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('may be missing, with folders on the way to it, or there, also by a link', () => {
    for (const place of ['x', 'x/y/z', 'd', 'd/x', 'to-d', 'to-d/x', 'a'.repeat(200)])
      assertFolderPlace(join(folder, place));
    expect(readdirSync(folder).sort()).toEqual(['d', 'f', 'l', 'to-d']);
    expect(readdirSync(join(folder, 'd'))).toEqual([]);
  });
});

const COMMANDS = [
  'gen --episodes 1',
  'eval rollout --checkpoint expert --episodes 1',
  'eval compare a b',
  'dataset merge a b',
  'dataset split a --share 0.5',
  'dataset convert a --to hdf5',
  'export a --dataset a',
  'train --dataset a',
  'loop --rounds 1',
];

test.each(COMMANDS)('%s is refused before any work, in one sentence and with exit code 2', async (line) => {
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  for (const [place, message] of REFUSED.slice(0, 6)) {
    said = '';
    expect(await main([...line.split(' '), '--out', join(folder, place)])).toBe(2);
    expect(said.trimEnd().split('\n')).toHaveLength(1);
    expect(said.trimEnd().replace('brickyard: ', '')).toMatch(message);
  }
  expect(readdirSync(folder).sort()).toEqual(['d', 'f', 'l', 'to-d']);
});

test('an empty --out is refused', async () => {
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  for (const line of ['gen', 'loop --rounds 1', 'dataset merge a b'])
    expect(await main([...line.split(' '), '--out', ' '])).toBe(2);
  expect(said).toBe('brickyard: --out is empty; name a folder\n'.repeat(3));
});

describe('what the system refuses', () => {
  const refusal = (code: string, extra: object = { path: '/data/x' }) =>
    Object.assign(new Error(`${code}: …`), { code, syscall: 'open', ...extra });

  test('is no bug of ours, and one sentence with path, meaning and remedy', () => {
    for (const code of [
      'ENOSPC',
      'EDQUOT',
      'EROFS',
      'EACCES',
      'EPERM',
      'ENOTDIR',
      'ELOOP',
      'EMFILE',
      'EIO',
    ]) {
      expect(exitCodeOf(refusal(code))).toBe(2);
      expect(systemSentence(refusal(code))).toMatch(new RegExp(`^/data/x: .+ \\(${code}\\); .+$`));
    }
    expect(systemSentence(refusal('ENOSPC'))).toBe(
      '/data/x: no space left on the disk (ENOSPC); free some space or name another place',
    );
  });

  test('is found below the error that it caused, and names the target of a rename', () => {
    const cause = refusal('ENOSPC', { path: '/a', dest: '/b\u001b[2J' });
    const error = new Error('while writing', { cause });
    expect(systemSentence(error)).toMatch(/^\/b\\u001b\[2J: no space left/);
    expect([isFull(error), isFull(refusal('EACCES')), isFull(new Error('full'))]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('is told from bugs', () => {
    for (const error of [new Error('x'), new TypeError('y'), refusal('EINVAL'), { code: 'ENOSPC' }, 'ENOSPC'])
      expect(exitCodeOf(error)).toBe(70);
    expect(exitCodeOf(new InputError('x', { cause: refusal('EINVAL') }))).toBe(2);
  });
});

describe('an output', () => {
  const args = ['--disable-warning=ExperimentalWarning', CLI, 'gen', '--help'];

  test('that nobody reads to its end is no fault', async () => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    expect([(await once(child, 'close'))[0], said]).toEqual([0, '']);
  });

  test('on a full disk is one sentence and exit code 2', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    expect(status).toBe(2);
    expect(String(stderr)).toMatch(/^brickyard: the output cannot be written \(ENOSPC\); .*\n$/);
  });
});

test('in a folder that was removed any command ends in one sentence', () => {
  const gone = join(folder, 'gone');
  mkdirSync(gone);
  for (const command of ['gen --help', 'dataset info x', '--version']) {
    const script = 'cd "$1" && rmdir "$1" && shift && "$@"; code=$?; mkdir "$0"; exit $code';
    const { status, stderr } = spawnSync('sh', [
      ...['-c', script, gone, gone, process.execPath, LAUNCHER],
      ...command.split(' '),
    ]);
    expect(String(stderr)).toBe(
      'brickyard: the current folder no longer exists: `cd` to another one and try again\n',
    );
    expect(status).toBe(2);
  }
});

test('too few open files are said before anything is touched', () => {
  for (const command of ['gen --episodes 1', 'eval rollout --checkpoint expert --episodes 1']) {
    const out = join(folder, 'few');
    const script = 'ulimit -n 100 && exec "$@"';
    const { status, stderr } = spawnSync('sh', [
      ...['-c', script, 'sh', process.execPath, CLI],
      ...command.split(' '),
      ...['--out', out],
    ]);
    expect(String(stderr)).toMatch(
      /brickyard: `ulimit -n` \(100\) is too low to start browsers: raise it to 256 or more\n$/,
    );
    expect(status).toBe(2);
    expect(readdirSync(folder)).not.toContain('few');
  }
});
