import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tryKernelLock } from '../../runtime/kernel-lock.mjs';
import { findPython } from '../../scripts/setup/find-python.mjs';
import { runsTypeScript } from '../../scripts/setup/node.mjs';
import { samePackages } from '../../scripts/setup/npm-packages.mjs';
import { aptLine, NEEDS } from '../../scripts/setup/system-packages.mjs';

const BUILD_ONCE = join(import.meta.dirname, '..', 'fixtures', 'launched', 'build-once.mjs');

test.each([
  ['18.20.0', false],
  ['20.20.2', false],
  ['22.17.1', false],
  ['22.18.0', true],
  ['23.5.0', false],
  ['23.6.0', true],
  ['24.0.0', true],
  ['26.1.0', true],
])('Node %s runs TypeScript: %s', (version, expected) => {
  expect(runsTypeScript(version)).toBe(expected);
});

describe('the Python of an environment', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'brickyard-pythons-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** A program that answers as a Python of that version does, or fails as a shim of pyenv. */
  function pretend(folder: string, name: string, version?: string): string {
    const path = join(home, folder, name);
    mkdirSync(join(home, folder), { recursive: true });
    const answer = version ? `echo "${version} ${path}"` : 'echo "command not found" >&2; exit 127';
    writeFileSync(path, `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
    return path;
  }
  const find = (...versions: string[]) =>
    findPython(versions, { HOME: home, PATH: [join(home, 'shims'), join(home, 'bin')].join(':') });

  test('is the newest patch that pyenv holds where its shim is not chosen', () => {
    pretend('shims', 'python3.12');
    pretend('.pyenv/versions/3.12.9/bin', 'python3.12', '3.12');
    const newest = pretend('.pyenv/versions/3.12.11/bin', 'python3.12', '3.12');
    expect(find('3.12')).toBe(newest);
  });

  test('is the first version asked for, and the one on the PATH first', () => {
    const plain = pretend('bin', 'python3', '3.13');
    expect(find('3.12', '3.13')).toBe(plain);
    pretend('.pyenv/versions/3.12.9/bin', 'python3.12', '3.12');
    const onPath = pretend('bin', 'python3.12', '3.12');
    expect(find('3.12', '3.13')).toBe(onPath);
  });

  test('is undefined where no version fits', () => {
    pretend('bin', 'python3', '3.11');
    pretend('shims', 'python3.12');
    expect(find('3.12', '3.13')).toBeUndefined();
  });
});

describe('whether node_modules holds what the lock file says', () => {
  const wanted = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  };
  test.each([
    [{ 'node_modules/a': { version: '1.0.0' } }, true],
    [{ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } }, true],
    [{ 'node_modules/a': { version: '1.0.1' } }, false],
    [{ 'node_modules/b': { version: '2.0.0' } }, false],
    [{ 'node_modules/a': { version: '1.0.0' }, 'node_modules/c': { version: '1.0.0' } }, false],
  ])('%j: %s', (present, expected) => {
    expect(samePackages(wanted, present)).toBe(expected);
  });
});

test('the line to run names every package', () => {
  const packages = [...NEEDS.chromium.packages, ...NEEDS.egl.packages, ...NEEDS.ffmpeg.packages];
  expect(aptLine(packages)).toBe(
    'sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium libegl1 libgl1-mesa-dri libgles2 ffmpeg',
  );
});

describe('setups at the same time', () => {
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'brickyard-cache-'));
  });
  afterEach(() => rmSync(cache, { recursive: true }));
  const env = () => ({ ...process.env, XDG_CACHE_HOME: cache });

  test('build a shared folder once', async () => {
    const builders = Array.from({ length: 4 }, () =>
      spawn(process.execPath, [BUILD_ONCE, 'shared'], { env: env() }),
    );
    const codes = await Promise.all(builders.map(async (builder) => (await once(builder, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(readFileSync(join(cache, 'built'), 'utf8')).toBe('x');
    expect(readdirSync(join(cache, 'brickyard')).sort()).toEqual(['locks', 'shared']);
    expect(readdirSync(join(cache, 'brickyard', 'locks'))).toEqual(['shared.lock']);
  });

  test('take over from one that was killed', async () => {
    const killed = spawn(process.execPath, [BUILD_ONCE, 'shared'], { env: env() });
    while (!existsSync(join(cache, 'built'))) await new Promise((resolve) => setTimeout(resolve, 5));
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(existsSync(join(cache, 'brickyard', 'shared'))).toBe(false);
    const { status } = spawnSync(process.execPath, [BUILD_ONCE, 'shared'], { env: env() });
    expect(status).toBe(0);
    expect(readFileSync(join(cache, 'brickyard', 'shared', 'whole'), 'utf8')).toBe('yes');
  });

  test('wait for a living one', async () => {
    const locks = join(cache, 'brickyard', 'locks');
    mkdirSync(locks, { recursive: true });
    const lock = openSync(join(locks, 'shared.lock'), 'a+');
    expect(tryKernelLock(lock)).toBe(true);
    const waiting = spawn(process.execPath, [BUILD_ONCE, 'shared'], { env: env() });
    const [told] = await once(waiting.stderr, 'data');
    expect(String(told)).toBe('waiting for another setup of shared to finish\n');
    expect(existsSync(join(cache, 'built'))).toBe(false);
    closeSync(lock);
    expect((await once(waiting, 'exit'))[0]).toBe(0);
  });
});
