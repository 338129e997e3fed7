import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { isAlive } from '../../runtime/process-stat.ts';

const RUN_SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'run-script.mjs');
const ECHO = '../test/fixtures/launched/echo-signals.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** The launcher with the echo behind it: what it printed, and how both ended. */
function launchEcho(...args: string[]) {
  const launcher = spawn(process.execPath, [RUN_SCRIPT, ECHO, ...args], {
    env: { ...process.env, INIT_CWD: '/where/the user stood' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(launcher);
  let text = '';
  launcher.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const ended = once(launcher, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const lines = () => text.split('\n').filter(Boolean);
  const waitFor = async (count: number) => {
    while (lines().length < count) await sleep(10);
    return lines();
  };
  return { launcher, ended, lines, waitFor };
}

test('a launched file gets its arguments, is the main module and keeps INIT_CWD', async () => {
  const { ended, lines } = launchEcho('exit', '0', 'two words', '--json', '');
  expect(await ended).toEqual([0, null]);
  expect(JSON.parse(lines()[0])).toMatchObject({
    main: true,
    rest: ['0', 'two words', '--json', ''],
    cwd: '/where/the user stood',
  });
});

test('its exit code is passed on', async () => {
  expect(await launchEcho('exit', '2').ended).toEqual([2, null]);
});

test('a death by signal is passed on', async () => {
  expect(await launchEcho('die').ended).toEqual([null, 'SIGKILL']);
});

test('Ctrl-C reaches it once, though npm sends an echo, and again when pressed again', async () => {
  const { launcher, ended, waitFor } = launchEcho('wait');
  await waitFor(1);
  launcher.kill('SIGINT');
  await sleep(20);
  launcher.kill('SIGINT'); // npm's echo of the same Ctrl-C
  expect((await waitFor(2)).slice(1)).toEqual(['SIGINT']);
  await sleep(1500); // long enough for a launcher that gets no processor to have seen the echo
  launcher.kill('SIGINT');
  expect((await waitFor(3)).slice(1)).toEqual(['SIGINT', 'SIGINT']);
  launcher.kill('SIGTERM');
  expect(await ended).toEqual([7, null]);
});

test('it dies when its launcher is killed', async () => {
  const { launcher, waitFor } = launchEcho('wait');
  const { pid } = JSON.parse((await waitFor(1))[0]);
  launcher.kill('SIGKILL');
  for (let tries = 0; isAlive(pid) && tries < 500; tries++) await sleep(10);
  expect(isAlive(pid)).toBe(false);
});
