/** Child processes for the set-up scripts: run one and wait, or ask one for its output. */
import { spawn, spawnSync } from 'node:child_process';

/**
 * Runs a command with its output on our stderr (stdout is left to what the user asked for); throws when it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
 */
export async function run(command, args, options = {}) {
  const { code, signal } = await runForCode(command, args, { ...options, stdio: ['ignore', 2, 2] });
  if (code === 0) return;
  const end = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
  throw new SetupError(`${[command, ...args].join(' ')} ${end}`);
}

/**
 * Runs a command on our own terminal and returns how it ended. Ctrl-C reaches it from the terminal; a SIGTERM sent
 * to us alone is passed on.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, stdio?: import('node:child_process').StdioOptions }} [options]
 * @returns {Promise<{ code: number, signal: NodeJS.Signals | null }>}
 */
export function runForCode(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: options.stdio ?? 'inherit',
    });
    const passOn = () => child.kill('SIGTERM');
    const wait = () => {};
    process.on('SIGTERM', passOn).on('SIGINT', wait);
    const settle = () => process.off('SIGTERM', passOn).off('SIGINT', wait);
    child.on('error', (error) => {
      settle();
      reject(new SetupError(`${command} could not be started: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      settle();
      resolve({ code: code ?? 1, signal });
    });
  });
}

/**
 * The trimmed stdout of a command, or undefined when it is missing or fails.
 * @param {string} command
 * @param {string[]} args
 */
export function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Something the machine lacks or refused: its message is all that a user needs to see. */
export class SetupError extends Error {}
