import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ends agents and trainers of all runs in a host's folder, however a test has left them. */
export function endAgents(host: string): void {
  const runs = join(host, 'runs');
  for (const run of existsSync(runs) ? readdirSync(runs) : [])
    for (const name of ['agent.lock', 'trainer.pid']) endProcess(join(runs, run, name));
}

function endProcess(pidFile: string): void {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, or never began.
  }
}
