import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ownIdentity } from '../../runtime/lock-identity.ts';
import { runLockHolder, takeRunLock } from '../../runtime/run-lock.ts';
import { raceForLock } from './lock-race.ts';

let folder: string;
let lock: string;
let holder: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-lock-'));
  lock = join(folder, 'lock');
});
afterEach(() => {
  holder?.kill('SIGKILL');
  holder = undefined;
  rmSync(folder, { recursive: true });
});

/** Another process that holds the lock while its file says `content`. */
async function holdAs(content: string): Promise<void> {
  writeFileSync(lock, content);
  holder = spawn('flock', ['-n', '--no-fork', lock, 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout!, 'data');
}

test('a second taker is refused by name until the first gives back', () => {
  const release = takeRunLock(folder, 'data');
  expect(() => takeRunLock(folder, 'data')).toThrow(`process ${process.pid} is writing there now`);
  expect(runLockHolder(folder)).toEqual({ pid: process.pid, text: `process ${process.pid}` });
  release();
  expect(runLockHolder(folder)).toBeNull();
  expect(existsSync(lock)).toBe(false);
  takeRunLock(folder, 'data')();
});

test('a PATH without the system folders does not keep a lock from being taken', () => {
  vi.stubEnv('PATH', '/nonexistent');
  const release = takeRunLock(folder, 'data');
  expect(() => takeRunLock(folder, 'data')).toThrow('is writing there now');
  release();
  vi.unstubAllEnvs();
});

test('the lock of a process that ended, or whose number now belongs to another, is taken over', () => {
  const { pid } = spawnSync('true');
  const dead = JSON.stringify({ ...ownIdentity(), pid, start: '5' });
  const rebooted = JSON.stringify({ ...ownIdentity(), boot: 'another' });
  for (const content of [dead, rebooted, `${pid} 12345`, `${process.pid} 1`, '', 'rubbish', '{"pid":"1"}']) {
    writeFileSync(lock, content);
    expect(runLockHolder(folder)).toBeNull();
    takeRunLock(folder, 'data')();
  }
});

test('of six processes that race for a lock exactly one gets it', async () => {
  const { byHolders, kills } = await raceForLock(6, 100);
  expect(byHolders).toEqual({ 1: 100 });
  expect(kills).toBe(10);
}, 120_000);

test('a lock held in another PID namespace refuses, although its number is free or another process here', async () => {
  for (const pid of [process.pid, 2 ** 22 + 1]) {
    await holdAs(JSON.stringify({ ...ownIdentity(), pid, pidNamespace: 'pid:[1]', host: 'box-7' }));
    const text = `process ${pid} in another container (host name box-7)`;
    expect(() => takeRunLock(folder, 'data')).toThrow(`--out data: ${text} is writing there now`);
    expect(runLockHolder(folder)).toEqual({ pid: null, text });
    holder!.kill('SIGKILL');
    await once(holder!, 'exit');
  }
  takeRunLock(folder, 'data')();
});

test('a lock held by a process that does not say who it is, or says it is dead, refuses', async () => {
  for (const content of ['', JSON.stringify({ ...ownIdentity(), pid: 2 ** 22 + 1 })]) {
    await holdAs(content);
    expect(() => takeRunLock(folder, 'data')).toThrow('is writing there now');
    expect(runLockHolder(folder)).not.toBeNull();
    holder!.kill('SIGKILL');
    await once(holder!, 'exit');
  }
});

test('the name of a host cannot write on the terminal', async () => {
  await holdAs(JSON.stringify({ ...ownIdentity(), boot: 'b', host: '\u001b[2Jlab' }));
  expect(() => takeRunLock(folder, 'data')).toThrow('on host \\u001b[2Jlab is writing');
});

test('giving back removes only the own lock', () => {
  const release = takeRunLock(folder, 'data');
  renameSync(folder, `${folder}-moved`);
  const releaseNext = takeRunLock(folder, 'data');
  release();
  expect(runLockHolder(folder)?.pid).toBe(process.pid);
  expect(() => takeRunLock(folder, 'data')).toThrow('is writing there now');
  releaseNext();
  expect(readFileSync(join(`${folder}-moved`, 'lock'), 'utf8')).toBe('');
  rmSync(`${folder}-moved`, { recursive: true });
});

test('a lock that cannot be written for want of space leaves nothing behind', () => {
  const module = join(import.meta.dirname, '../../runtime/run-lock.ts');
  const place = join(folder, 'new/run');
  const code = `import { takeRunLock } from ${JSON.stringify(module)};
    try { takeRunLock(${JSON.stringify(place)}, 'data'); } catch (error) { console.log(error.code, error.path); }`;
  const { stdout } = spawnSync('sh', [
    '-c',
    'ulimit -f 0; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    code,
  ]);
  expect(String(stdout)).toBe(`EFBIG ${join(place, 'lock')}\n`);
  expect(existsSync(join(folder, 'new'))).toBe(false);
});

test('children do not inherit the lock', async () => {
  const release = takeRunLock(folder, 'data');
  holder = spawn('sh', ['-c', 'ls -l /proc/self/fd; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const [listing] = await once(holder.stdout!, 'data');
  expect(String(listing)).not.toContain(lock);
  release();
  takeRunLock(folder, 'data')();
});

test('a link, a folder or a FIFO in place of the lock is refused and left alone', () => {
  const target = join(folder, 'precious');
  writeFileSync(target, 'text');
  symlinkSync(target, lock);
  expect(() => takeRunLock(folder, 'data')).toThrow(`${lock} is not a regular file`);
  expect(readFileSync(target, 'utf8')).toBe('text');
  rmSync(lock);
  mkdirSync(lock);
  expect(() => takeRunLock(folder, 'data')).toThrow(`${lock} is not a regular file`);
  rmSync(lock, { recursive: true });
  spawnSync('mkfifo', [lock]);
  expect(() => takeRunLock(folder, 'data')).toThrow(`${lock} is not a regular file`);
});
