import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { chooseBackend } from '../../render/backend-probe.ts';
import { groupMembers } from '../../render/measure.ts';
import { pageBundle } from '../../render/page-bundle.ts';
import { type HeadlessRenderer, openRenderer, RendererCrash } from '../../render/renderer.ts';
import { privateRoot } from '../../runtime/private-folder.ts';
import { trialScene } from '../../sim/tasks/collect-bricks/trial-scene.ts';

const long = { ...trialScene({ frames: 4000 }), fps: 10, statFrames: new Uint32Array(0), statStride: 1 };
const profilesOf = (pid: number) =>
  readdirSync(privateRoot()).filter((name) => name.startsWith(`chromium-${pid}-`));
/** A rejection comes before the browser's folder is gone. */
const noProfileLeft = (pid: number) =>
  vi.waitFor(() => expect(profilesOf(pid)).toEqual([]), { timeout: 15_000, interval: 50 });
const ends = (group: number) =>
  vi.waitFor(() => expect(groupMembers(group)).toEqual([]), { timeout: 15_000, interval: 50 });

let renderer: HeadlessRenderer;
afterEach(() => renderer?.close());

/** A page that does something before its own code runs. */
const sabotaged = async (prelude: string) => `${prelude};${await pageBundle()}`;

async function expectCrash(work: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(RendererCrash);
  expect(error.message).toMatch(message);
  await ends(renderer.pid);
  expect(await renderer.ended).toBe(error);
  await noProfileLeft(process.pid);
  expect(renderer.usable).toBe(false);
  await expect(renderer.egoPixels(long, [0])).rejects.toThrow(RendererCrash);
}

/** Runs `strike` once the browser is at work. */
async function amidWork(strike: () => void): Promise<unknown> {
  const work = renderer.encode(long);
  work.catch(() => {});
  setTimeout(strike, 500);
  return work;
}

describe('a renderer whose browser fails rejects what is under way, and leaves no process', () => {
  test('browser killed', async () => {
    renderer = await openRenderer();
    await expectCrash(
      amidWork(() => process.kill(renderer.pid, 'SIGKILL')),
      /closed its connection|browser is gone/,
    );
  });

  test('a child process of the browser killed', async () => {
    renderer = await openRenderer();
    const children = groupMembers(renderer.pid).filter((pid) => pid !== renderer.pid);
    expect(children.length).toBeGreaterThan(1);
    await expectCrash(
      amidWork(() => {
        for (const pid of children) process.kill(pid, 'SIGKILL');
      }),
      /connection|gone|crashed/,
    );
  });

  test('WebGL context lost', async () => {
    const script = await sabotaged(`
      const original = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (...names) {
        const context = original.apply(this, names);
        setTimeout(() => context.getExtension('WEBGL_lose_context').loseContext(), 1000);
        return context;
      }`);
    renderer = await openRenderer({ script });
    await expectCrash(renderer.encode(long), /WebGL context was lost/);
  });

  test('page that hangs', async () => {
    const script = await sabotaged(`
      const send = WebSocket.prototype.send;
      let sent = 0;
      WebSocket.prototype.send = function (message) { if (++sent > 3) for (;;); send.call(this, message); }`);
    renderer = await openRenderer({ script, stallS: 3 });
    await expectCrash(renderer.encode(long), /no sign of life for 3 s/);
  });

  test('error outside any job', async () => {
    const script = await sabotaged('setTimeout(() => { throw new Error("out of the blue"); }, 1500)');
    renderer = await openRenderer({ script });
    await expectCrash(renderer.encode(long), /out of the blue/);
  });

  test('rejection that nobody handles', async () => {
    const script = await sabotaged('setTimeout(() => Promise.reject(new Error("unheard")), 1500)');
    renderer = await openRenderer({ script });
    await expectCrash(renderer.encode(long), /unheard/);
  });
});

test('a page that fails at once is reported without waiting', async () => {
  await expect(
    openRenderer({ script: 'throw new Error("at once")', backend: 'swiftshader' }),
  ).rejects.toThrow(/at once/);
  await noProfileLeft(process.pid);
});

test('close ends what is under way and all processes', async () => {
  renderer = await openRenderer();
  const work = renderer.encode(long);
  const rejected = expect(work).rejects.toThrow(/renderer was closed/);
  await renderer.close();
  await rejected;
  await ends(renderer.pid);
  expect(await renderer.ended).toBeUndefined();
  await noProfileLeft(process.pid);
});

describe('kill -9 of our own process', () => {
  async function killHolder(before: (browser: number) => void): Promise<{ browser: number; holder: number }> {
    const holder = spawn(
      process.execPath,
      [fileURLToPath(new URL('fixtures/hold-renderer.ts', import.meta.url))],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = await once(holder.stdout, 'data');
    const browser = Number(String(line));
    expect(groupMembers(browser).length).toBeGreaterThan(1);
    expect(profilesOf(holder.pid!).length).toBe(1);
    before(browser);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    return { browser, holder: holder.pid! };
  }

  test('takes the browser with it, and the next start clears its profile away', async () => {
    const { browser, holder } = await killHolder(() => {});
    await ends(browser);
    renderer = await openRenderer();
    await noProfileLeft(holder);
  });

  test('leaves a browser that was stopped, and the next start ends it', async () => {
    const { browser, holder } = await killHolder((pid) => process.kill(pid, 'SIGSTOP'));
    renderer = await openRenderer();
    await ends(browser);
    await noProfileLeft(holder);
  });
});

test('a browser that was stopped while it held the lock of the crash reports keeps no other from starting', async () => {
  const home = mkdtempSync(join(tmpdir(), 'brickyard-home-'));
  vi.stubEnv('XDG_CONFIG_HOME', home);
  const reports = join(home, 'chromium', 'Crash Reports');
  mkdirSync(reports, { recursive: true });
  const lock = spawn('flock', [join(reports, 'settings.dat'), '-c', 'echo held; sleep 60'], {
    detached: true,
  });
  try {
    await once(lock.stdout, 'data');
    renderer = await openRenderer({ backend: 'swiftshader' });
    expect(renderer.usable).toBe(true);
  } finally {
    process.kill(-lock.pid!, 'SIGKILL');
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  }
});

test('without the GL library the probe falls back to SwiftShader', async () => {
  vi.stubEnv('__EGL_VENDOR_LIBRARY_DIRS', '/none');
  vi.stubEnv('LIBGL_DRIVERS_PATH', '/none');
  try {
    const { stack, rejected } = await chooseBackend();
    expect(stack.backend).toBe('swiftshader');
    expect(rejected).toEqual([expect.stringMatching(/^gl-egl: .*GL library does not load/)]);
  } finally {
    vi.unstubAllEnvs();
  }
});
