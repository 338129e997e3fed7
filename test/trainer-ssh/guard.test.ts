/** What is said to a host's sh, tried in the sh of this machine. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { guardScript, startupScript } from '../../trainer/launch/ssh/dead-mans-guard.ts';
import { LOG } from '../../trainer/launch/ssh/host-scripts.ts';
import { parseStatus } from '../../trainer/launch/ssh/host-status.ts';
import { remoteLine, shScript } from '../../trainer/launch/ssh/remote-words.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-guard-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function renew(seconds: number, nonce: string): void {
  writeFileSync(join(folder, 'new'), `${seconds} ${nonce}\n`);
  renameSync(join(folder, 'new'), join(folder, 'deadline'));
}

async function appears(path: string): Promise<void> {
  for (let tries = 0; !existsSync(path); tries++) {
    if (tries > 400) throw new Error(`${path} never appeared`);
    await sleep(50);
  }
}

it('switches off when nobody renews, and only then, once', async () => {
  const off = join(folder, 'off');
  const guard = { folder, deadManS: 1, stepS: 1, graceS: 0, powerOff: `echo off >>'${off}'` };
  const child = spawn('sh', ['-c', guardScript(guard)], { stdio: 'ignore' });
  await appears(join(folder, 'guard.pid'));
  const second = spawnSync('sh', ['-c', guardScript(guard)]);
  expect(second.status).toBe(0);
  renew(1000, 'a');
  await sleep(2500);
  expect(existsSync(off)).toBe(false);
  renew(1, 'b');
  await appears(off);
  expect(readFileSync(off, 'utf8')).toBe('off\n');
  expect(readFileSync(join(folder, 'expired'), 'utf8')).toContain('nobody renewed');
  child.kill();
});

it.each([{ deadManS: 1800 }, { deadManS: 1800, maxRunS: 7200.5 }])(
  'is shell, as a startup script: %o',
  (options) => {
    const script = startupScript(options);
    expect(spawnSync('sh', ['-n'], { input: script }).status).toBe(0);
    expect(script.includes('sleep 7201')).toBe('maxRunS' in options);
  },
);

it('quotes every word for a shell', () => {
  const words = ['a b', "it's", '$HOME', '`id`', '\\', '', '*', 'a\nb', '"', ';rm -rf x'];
  const line = remoteLine(['printf', '%s\\0', ...words]);
  expect(execFileSync('sh', ['-c', line]).toString().split('\0').slice(0, -1)).toEqual(words);
});

it('reads a log from a byte on, from the start when it is shorter', () => {
  writeFileSync(join(folder, 'log'), '0123456789');
  const said = (from: number, most: number): string => {
    const [sh, ...args] = shScript(LOG, join(folder, 'log'), `${from}`, `${most}`);
    return execFileSync(sh, args).toString();
  };
  expect(said(4, 3)).toBe('10 4\n456');
  expect(said(10, 3)).toBe('10 10\n');
  expect(said(11, 3)).toBe('10 0\n012');
});

const STATUS = {
  runId: 'r',
  attempt: 2,
  sequence: 7,
  state: 'training',
  exitCode: null,
  step: 5,
  steps: 10,
  loss: 0.5,
  steppedAtMs: 1,
  writtenAtMs: 2,
  publishedStep: null,
  gpuMemoryBytes: null,
  uploadFault: null,
};

it('takes a training whose agent died for ended', () => {
  expect(parseStatus('none\n')).toBeNull();
  expect(parseStatus(`${JSON.stringify(STATUS)}\nalive\n`)).toEqual(STATUS);
  expect(parseStatus(`${JSON.stringify(STATUS)}\ndead\n`)).toEqual({
    ...STATUS,
    state: 'ended',
    exitCode: 137,
  });
  const ended = { ...STATUS, state: 'ended', exitCode: 0 };
  expect(parseStatus(`${JSON.stringify(ended)}\ndead\n`)).toEqual(ended);
  const failure = { kind: 'diverged', message: 'the loss is nan' };
  const failed = { ...STATUS, state: 'ended', exitCode: 1, failure };
  expect(parseStatus(`${JSON.stringify(failed)}\nalive\n`)).toEqual(failed);
  const newer = { ...failed, failure: { ...failure, kind: 'flooded' } };
  expect(parseStatus(`${JSON.stringify(newer)}\nalive\n`)?.failure).toEqual({ ...failure, kind: 'bug' });
  expect(() => parseStatus('{"runId": 3}\nalive\n')).toThrow('status.json');
  expect(() => parseStatus('torn{\nalive\n')).toThrow('status.json');
});
