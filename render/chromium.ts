/** Finds, starts and ends the browser. Nothing else in the project starts one. */
import {
  accessSync,
  constants,
  existsSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer';
import { makePrivateFolder } from '../runtime/private-folder.ts';
import { allProcesses } from '../runtime/process-stat.ts';
import { InputError } from '../sim/errors.ts';
import type { RenderingStack } from './draw-request.ts';

export type Backend = RenderingStack['backend'];

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** One browser's share of /dev/shm; containers often give 64 MiB in all. */
const SHARED_MEMORY_BYTES = 256 * 2 ** 20;
/** A protocol call that takes longer means a dead browser; puppeteer's own limit is 180 s. */
const PROTOCOL_TIMEOUT_MS = 20_000;

/**
 * Measured with 20 things at 320x240 on two cores, drawing and reading pixels: SwiftShader 385 frames/s; gl-egl
 * (Mesa llvmpipe) with its threads 1,129 from one browser; with LP_NUM_THREADS=0, so that a browser keeps to one
 * core, 880 from one and 1,809 from two. `--use-angle=vulkan` on lavapipe crashed. In a process of its own the GPU
 * thread costs a copy of every frame.
 */
const BACKEND_FLAGS: Record<Backend, string[]> = {
  'gl-egl': ['--use-gl=angle', '--use-angle=gl-egl', '--ignore-gpu-blocklist', '--in-process-gpu'],
  swiftshader: [
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--ignore-gpu-blocklist',
    '--in-process-gpu',
  ],
};

const QUIET_FLAGS = [
  '--disable-background-networking',
  '--disable-breakpad',
  '--disable-client-side-phishing-detection',
  '--disable-component-update',
  '--disable-crash-reporter',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-extensions',
  '--disable-sync',
  '--metrics-recording-only',
  '--mute-audio',
  '--no-first-run',
  '--no-default-browser-check',
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
];

/** The browser to start: the system's, else the one puppeteer downloaded. Rejects with InputError when there is none. */
export async function findChromium(): Promise<string> {
  const chosen = process.env.PUPPETEER_EXECUTABLE_PATH;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new InputError(
      `PUPPETEER_EXECUTABLE_PATH names ${chosen}, which does not exist: correct or unset it`,
    );
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      if (folder && isExecutable(path) && !isSnap(path)) return path;
    }
  }
  const own = await puppeteersOwn();
  if (own) return own;
  throw new InputError(
    `no browser found: none of ${NAMES.join(', ')} is on the PATH and puppeteer has none of its own; ` +
      'run `apt-get install -y chromium libegl1 libgl1-mesa-dri` or `npx puppeteer browsers install chrome`',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A snap, as on Ubuntu, or the script that stands for one, sees neither our profile's folder nor our pipe. */
function isSnap(path: string): boolean {
  const real = realpathSync(path);
  if (/\/snap(\/|$)/.test(real)) return true;
  const isScript = statSync(real).size < 65_536;
  return isScript && /\/snap\/|snap install/.test(readFileSync(real, 'latin1'));
}

async function puppeteersOwn(): Promise<string | undefined> {
  try {
    const path = await puppeteer.executablePath();
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

export interface RunningChromium {
  browser: Browser;
  pid: number;
  /** Ends the browser and all its processes now, and removes its profile. Safe to call twice. */
  kill(): Promise<void>;
}

/**
 * Starts a browser that talks to us through a pipe: when this process dies, however it dies, the pipe closes and
 * the browser ends itself. Its profile is a temporary folder of this process, so that a later start can clear away what
 * a killed one left.
 */
export async function launchChromium(backend: Backend): Promise<RunningChromium> {
  const executablePath = await findChromium();
  const userDataDir = makePrivateFolder('chromium', killBrowserIn);
  const args = [...BACKEND_FLAGS[backend], ...QUIET_FLAGS];
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  if (!hasSharedMemory()) args.push('--disable-dev-shm-usage');
  let browser: Browser;
  try {
    browser = await puppeteer.launch({
      executablePath,
      headless: true,
      pipe: true,
      // Or the browser reports every message of the page's socket, in base64: half of what a frame for a policy cost.
      networkEnabled: false,
      args,
      userDataDir,
      env: { ...process.env, LP_NUM_THREADS: '0', ...ownPlaces(userDataDir) },
      protocolTimeout: PROTOCOL_TIMEOUT_MS,
      timeout: 2 * PROTOCOL_TIMEOUT_MS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    killBrowserIn(userDataDir); // it may have started and be too slow to say so
    removeProfile(userDataDir);
    throw error;
  }
  const child = browser.process()!;
  const gone = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  const pid = child.pid!;
  return {
    browser,
    pid,
    kill: async () => {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
      await gone;
      removeProfile(userDataDir);
    },
  };
}

/**
 * What the browser would share with others goes into its profile, and with it: the temporary folder, where a killed
 * one leaves its own, and the crash reports' settings, whose lock each start takes. A browser that was stopped while it
 * held that lock kept all others of its user from starting.
 */
const ownPlaces = (profile: string) => ({ TMPDIR: profile, BREAKPAD_DUMP_LOCATION: profile });

function hasSharedMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize >= SHARED_MEMORY_BYTES;
  } catch {
    return false;
  }
}

function removeProfile(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** What still runs in a profile that a killed process left: a stopped browser does not see its pipe close. */
function killBrowserIn(profile: string): void {
  const started = `--user-data-dir=${profile}`;
  for (const { pid } of allProcesses()) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (words.includes(started) && !words.some((word) => word.startsWith('--type=')))
        process.kill(-pid, 'SIGKILL');
    } catch {
      // Gone, or another user's.
    }
  }
}
