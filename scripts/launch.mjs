/**
 * Starts a TypeScript file of this checkout under a current Node, so that it behaves as if it had been started
 * directly: same terminal, same exit code, each signal once, and it dies with us.
 *
 * The child leads its own process group. Left in ours it would get Ctrl-C from the terminal and once more from us;
 * and npm, which also passes on what it gets, sends each Ctrl-C to us twice. A second signal within
 * SAME_SIGNAL_MS is therefore the first one's echo.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cachePath } from './setup/cache.mjs';
import { findNode, withNodeOnPath } from './setup/node.mjs';

const SAME_SIGNAL_MS = 200;
const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs `file` with `args`; ends this process as the child ended.
 * @param {string} root the checkout
 * @param {string} file relative to the checkout
 * @param {string[]} args
 * @param {Record<string, string>} [env] added to ours
 */
export function launch(root, file, args, env = {}) {
  assertFolderExists();
  const node = findNode();
  if (!node || !existsSync(join(root, 'node_modules'))) {
    process.stderr.write(`brickyard is not set up yet: run "npm run setup" in ${root}\n`);
    process.exit(2);
  }
  const guard = pathToFileURL(join(root, 'scripts', 'launch-guard.mjs')).href;
  const nodeFlags = ['--disable-warning=ExperimentalWarning', '--import', guard];
  const child = spawn(node, [...nodeFlags, join(root, file), ...args], {
    detached: true,
    env: { NODE_COMPILE_CACHE: cachePath('compiled'), ...process.env, ...env, ...withNodeOnPath(node) },
    // the channel is how the child notices that we were killed
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  forwardSignals(child);
  child.on('exit', (code, signal) => endLike(code, signal));
  child.on('error', (error) => {
    process.stderr.write(`${node} could not be started: ${error.message}\n`);
    process.exit(2);
  });
}

/** Node and its libraries end with stack traces where there is no current folder. */
function assertFolderExists() {
  try {
    process.cwd();
  } catch {
    process.stderr.write(
      'brickyard: the current folder no longer exists: `cd` to another one and try again\n',
    );
    process.exit(2);
  }
}

/** @param {import('node:child_process').ChildProcess} child */
function forwardSignals(child) {
  for (const signal of FORWARDED) {
    let lastMs = Number.NEGATIVE_INFINITY;
    process.on(signal, () => {
      const nowMs = performance.now();
      if (nowMs - lastMs > SAME_SIGNAL_MS) child.kill(signal);
      lastMs = nowMs;
    });
  }
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function endLike(code, signal) {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
