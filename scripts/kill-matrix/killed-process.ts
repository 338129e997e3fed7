/** Runs the command line as a process of its own, to its end or until it is killed with all that it started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../../runtime/process-stat.ts';

const CLI = join(import.meta.dirname, '../../cli.ts');
/** In the environment of everything that a run starts. */
const MARK = 'BRICKYARD_KILL_MATRIX';
let count = 0;

export interface Ended {
  code: number | null;
  stderr: string;
}

function start(
  args: readonly string[],
  cwd: string,
  mark: string,
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...process.env, INIT_CWD: cwd, [MARK]: mark },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr!.on('data', (text) => {
    stderr = `${stderr}${text}`.slice(-4000);
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stderr })));
  return { child, ended };
}

export async function run(args: readonly string[], cwd: string): Promise<Ended> {
  return start(args, cwd, 'undisturbed').ended;
}

/** Whether it could be killed: false when it ended before. Resolves once nothing that it started is left. */
export async function runKilled(args: readonly string[], cwd: string, afterMs: number): Promise<boolean> {
  const mark = `${process.pid}-${count++}`;
  const { child, ended } = start(args, cwd, mark);
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    for (const pid of processesOf(mark)) kill(pid);
  }, afterMs);
  const { code } = await ended;
  clearTimeout(timer);
  while (processesOf(mark).length > 0) {
    for (const pid of processesOf(mark)) kill(pid);
    await sleep(50);
  }
  return code === null;
}

/** By their environment, so that only our own are meant. */
const processesOf = (mark: string): number[] =>
  processesWith(MARK, mark).filter((pid) => pid !== process.pid);

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}
