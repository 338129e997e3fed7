/** Programs that a benchmark runs for real and waits for. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Finished {
  stdout: string;
  wallS: number;
}

/**
 * Runs to the end and returns stdout; stderr goes to ours when it fails. `watch` is called with the process id about
 * once in `everyS` seconds while it runs. It is ended when this process ends.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: {
    env?: NodeJS.ProcessEnv;
    cwd?: string;
    watch?: { everyS: number; look(pid: number): void };
  } = {},
): Promise<Finished> {
  const from = performance.now();
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endIt = () => child.kill('SIGTERM');
  process.on('exit', endIt);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  let ended = false;
  const end = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  }).finally(() => {
    ended = true;
    process.off('exit', endIt);
  });
  const { watch } = options;
  const watching = async () => {
    while (watch && !ended) {
      await Promise.race([sleep(watch.everyS * 1000, undefined, { ref: false }), end]);
      if (!ended) watch.look(child.pid!);
    }
  };
  const [code] = await Promise.all([end, watching()]);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr.slice(-4000)}`);
  return { stdout, wallS: (performance.now() - from) / 1000 };
}
