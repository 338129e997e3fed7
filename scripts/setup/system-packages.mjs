/**
 * What only the system can give: Chromium, Mesa's EGL for software rendering without a display, ffmpeg, pip,
 * and for the tests an sshd.
 * As root on Debian or Ubuntu apt runs at once; otherwise the one line to run is the error.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { withNodeOnPath } from './node.mjs';
import { canInstallUv } from './python.mjs';
import { outputOf, run, SetupError } from './run-command.mjs';

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const APT_ENV = { DEBIAN_FRONTEND: 'noninteractive' };

/**
 * @typedef {{ what: string, packages: string[], isThere: () => boolean }} Need
 * @type {Record<'chromium' | 'egl' | 'ffmpeg' | 'pip' | 'osmesa' | 'sshd', Need>}
 */
export const NEEDS = {
  chromium: { what: 'Chromium', packages: ['chromium'], isThere: hasChromium },
  egl: {
    what: 'Mesa EGL',
    packages: ['libegl1', 'libgl1-mesa-dri', 'libgles2'],
    isThere: () =>
      hasLibrary('libEGL.so.1') && hasLibrary('libEGL_mesa.so.0') && hasLibrary('libGLESv2.so.2'),
  },
  ffmpeg: { what: 'ffmpeg', packages: ['ffmpeg'], isThere: () => onPath('ffmpeg').length > 0 },
  pip: { what: 'pip', packages: ['python3-pip'], isThere: canInstallUv },
  sshd: {
    what: 'OpenSSH',
    packages: ['openssh-server', 'openssh-client'],
    isThere: () => existsSync('/usr/sbin/sshd') && onPath('ssh').length > 0,
  },
  osmesa: { what: 'OSMesa', packages: ['libosmesa6'], isThere: () => hasLibrary('libOSMesa.so') },
};

/**
 * Installs what is missing of these needs.
 * @param {string} root the checkout, with its npm packages
 * @param {string} node
 * @param {(keyof typeof NEEDS)[]} names
 */
export async function ensureSystemPackages(root, node, names) {
  const missing = names.map((name) => NEEDS[name]).filter((need) => !need.isThere());
  if (missing.length === 0) return;
  const line = aptLine(missing.flatMap(({ packages }) => packages));
  if (outputOf('apt-get', ['--version']) === undefined) {
    throw new SetupError(`${list(missing)} missing: install what this line would on Debian: ${line}`);
  }
  if (process.getuid?.() !== 0)
    throw new SetupError(`${list(missing)} missing. Run this line, then try again:\n  ${line}`);
  process.stderr.write(
    `installing what is missing with apt: ${missing.map(({ what }) => what).join(', ')}\n`,
  );
  await run('apt-get', ['update', '-qq'], { env: APT_ENV });
  await installWithApt(root, node, missing);
  const still = missing.filter((need) => !need.isThere());
  if (still.length > 0) throw new SetupError(`${list(still)} still missing after: ${line}`);
}

/**
 * @param {string} root
 * @param {string} node
 * @param {Need[]} missing
 */
async function installWithApt(root, node, missing) {
  const isPackaged = outputOf('apt-cache', ['policy', 'chromium'])?.match(/Candidate: (?!\(none\))/);
  const fromApt = missing.filter((need) => need !== NEEDS.chromium || isPackaged);
  const packages = fromApt.flatMap((need) => need.packages);
  if (packages.length > 0) {
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env: APT_ENV });
  }
  if (fromApt.length === missing.length) return;
  // Ubuntu's chromium is a snap, which sees no /tmp of ours: puppeteer's own browser instead.
  const puppeteer = join(root, 'node_modules', 'puppeteer', 'lib', 'puppeteer', 'node', 'cli.js');
  const install = ['browsers', 'install', 'chrome', '--install-deps'];
  await run(node, [puppeteer, ...install], { cwd: root, env: withNodeOnPath(node) });
}

/**
 * The one line that installs these packages.
 * @param {string[]} packages
 */
export function aptLine(packages) {
  return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

function hasChromium() {
  const named = process.env.PUPPETEER_EXECUTABLE_PATH;
  if (named) return existsSync(named);
  return CHROMIUM_NAMES.flatMap(onPath).some((path) => !isSnap(path)) || hasPuppeteerChrome();
}

/** Whether puppeteer downloaded a Chrome of its own. */
function hasPuppeteerChrome() {
  const folder = join(process.env.PUPPETEER_CACHE_DIR ?? join(homedir(), '.cache', 'puppeteer'), 'chrome');
  return existsSync(folder) && readdirSync(folder).length > 0;
}

/**
 * The same rule as in render/chromium.ts: a snap, or a script that stands for one, is of no use.
 * @param {string} path
 */
function isSnap(path) {
  const real = realpathSync(path);
  if (/\/snap(\/|$)/.test(real)) return true;
  return statSync(real).size < 65_536 && /\/snap\/|snap install/.test(readFileSync(real, 'latin1'));
}

/**
 * Every program of that name on the PATH.
 * @param {string} name
 */
function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).filter((path) => existsSync(path));
}

/**
 * Whether the dynamic loader's usual folders hold a library whose name begins so.
 * @param {string} prefix
 */
function hasLibrary(prefix) {
  const roots = ['/usr/lib', '/usr/lib64', '/lib', '/usr/local/lib'];
  const multiarch = readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu'));
  const folders = [...roots, ...multiarch.map((name) => join('/usr/lib', name))].filter((folder) =>
    existsSync(folder),
  );
  return folders.some((folder) => readdirSync(folder).some((name) => name.startsWith(prefix)));
}

/** @param {Need[]} needs */
function list(needs) {
  return `${needs.map(({ what }) => what).join(', ')} ${needs.length === 1 ? 'is' : 'are'}`;
}
