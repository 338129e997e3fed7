/** What is installed here: each program with its version, and how to get what is missing. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findChromium } from '../../render/chromium.ts';

export interface Component {
  name: string;
  /** Undefined when it is missing. */
  version: string | undefined;
  /** Whether `gen` cannot do without it. */
  needed: boolean;
  remedy: string;
}

/** A program's first line of output that looks like a version; undefined when it cannot be run. */
export type AskVersion = (command: string, args: readonly string[]) => Promise<string | undefined>;

export interface InventoryHost {
  ask: AskVersion;
  env: NodeJS.ProcessEnv;
  nodeVersion: string;
  findChromium(): Promise<string>;
}

const APT = 'apt-get install -y --no-install-recommends';
const PYTHON_PROBE =
  'import lerobot, sys; print(sys.version.split()[0], "with lerobot", lerobot.__version__)';

/** Looks for everything, in the order in which a user would read it. */
export async function takeInventory(host: InventoryHost = thisHost()): Promise<Component[]> {
  const { ask, env } = host;
  const chromium = await host.findChromium().catch(() => undefined);
  return Promise.all([
    component('node', true, 'run `npm run setup`', async () => host.nodeVersion),
    component('npm', false, 'install npm', () => ask('npm', ['--version'])),
    component('chromium', true, `run \`npm run setup\`, or as root \`${APT} chromium\``, async () =>
      chromium ? ask(chromium, ['--version']) : undefined,
    ),
    component('ffmpeg', true, `run \`npm run setup\`, or as root \`${APT} ffmpeg\``, () =>
      ask(env.FFMPEG_PATH ?? 'ffmpeg', ['-version']),
    ),
    component('python', false, 'run `npm run setup -- --python` (training and the reader tests)', () =>
      ask(env.BRICKYARD_PYTHON ?? 'python3', ['-c', PYTHON_PROBE]),
    ),
    component('uv', false, 'run `npm run setup -- --python`', () =>
      ask(env.BRICKYARD_UV ?? 'uv', ['--version']),
    ),
  ]);
}

async function component(
  name: string,
  needed: boolean,
  remedy: string,
  version: () => Promise<string | undefined>,
): Promise<Component> {
  return { name, version: await version(), needed, remedy };
}

export function thisHost(): InventoryHost {
  return { ask: askVersion, env: process.env, nodeVersion: process.versions.node, findChromium };
}

const run = promisify(execFile);
/** lerobot takes seconds to import on a cold disk. */
const ASK_TIMEOUT_MS = 60_000;

async function askVersion(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, [...args], { timeout: ASK_TIMEOUT_MS, encoding: 'utf8' });
    const line = stdout.split('\n').find((text) => /\d+\.\d+/.test(text));
    return line?.trim().replace(/ Copyright .*$/, '');
  } catch {
    return undefined;
  }
}
