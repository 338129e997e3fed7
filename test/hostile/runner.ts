/**
 * Runs hostile inputs one after the other in a child process, and kills it when one takes more than 5 s of CPU or 1 GB
 * of memory, its own children included. Both are what the kernel counted, so that a busy machine changes nothing.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allProcesses } from '../../runtime/process-stat.ts';
import type { Answer, Job } from './child.ts';

export const HOSTILE_LIMITS = { cpuS: 5, memoryBytes: 2 ** 30 } as const;

export interface Outcome extends Answer {
  cpuS: number;
  memoryBytes: number;
  /** The limit that was passed, or how the child ended by itself; empty when it answered. */
  ended: string;
}

const POLL_MS = 25;
/** V8 returns memory of earlier inputs late, which must not count for the next one. */
const FRESH_ABOVE_BYTES = 350e6;
/** A command that waits for ever, for the other end of a pipe say, uses no time of the processor. */
const MAX_IDLE_MS = 10_000;

export class HostileRunner {
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;

  /** @param env of the child; its temporary and home folders lie in the sandbox */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  async run(job: Job): Promise<Outcome> {
    this.#child ??= await this.#start();
    const child = this.#child;
    const answered = Promise.withResolvers<Outcome>();
    const meter = new Meter(child.pid!);
    let unread = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      unread = (unread + chunk).slice(0, 20_000);
    });
    const end = (answer: Partial<Answer>, ended: string) => {
      meter.read();
      const { cpuS, memoryBytes } = meter;
      const { code = 70, stdout = '', stderr = '' } = answer;
      answered.resolve({ code, stdout, stderr: stderr + unread, cpuS, memoryBytes, ended });
    };
    const timer = setInterval(() => {
      const passed = meter.read();
      if (passed === '') return;
      kill(child);
      end({}, passed);
    }, POLL_MS);
    child.on('message', (message: Answer | { ready: true }) => {
      if ('ready' in message) meter.begin();
      else end(message, overLimit(meter));
    });
    child.on('exit', (code, signal) => end({}, `ended by itself (${signal ?? code})`));
    child.send(job);
    const outcome = await answered.promise;
    clearInterval(timer);
    child.removeAllListeners('message').removeAllListeners('exit');
    child.stderr!.removeAllListeners('data').resume();
    if (outcome.ended !== '' || kilobytes(child.pid!, 'VmRSS') * 1024 > FRESH_ABOVE_BYTES) this.close();
    return outcome;
  }

  close(): void {
    if (this.#child) kill(this.#child);
    this.#child = undefined;
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(join(import.meta.dirname, 'child.ts'), [], {
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
      env: this.#env,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const started = Promise.withResolvers<void>();
    child.once('message', () => started.resolve());
    child.once('exit', (code) => started.reject(new Error(`the child ended at its start (${code})`)));
    await started.promise;
    child.removeAllListeners('exit');
    return child;
  }
}

/** Its children are in its process group. */
function kill(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // ended already
  }
}

/** What a process and its children have used since `begin`. */
class Meter {
  cpuS = 0;
  memoryBytes = 0;
  readonly #pid: number;
  #beganCpuS: number;
  #busyMs = performance.now();

  constructor(pid: number) {
    this.#pid = pid;
    this.#beganCpuS = cpuOfTree(pid);
  }

  begin(): void {
    this.#beganCpuS = cpuOfTree(this.#pid);
    this.memoryBytes = this.cpuS = 0;
    this.#busyMs = performance.now();
  }

  /** The limit that is passed by now, or ''. */
  read(): string {
    const cpuS = cpuOfTree(this.#pid);
    const used = Math.max(0, cpuS - this.#beganCpuS);
    if (used > this.cpuS) this.#busyMs = performance.now();
    this.cpuS = Math.max(used, this.cpuS);
    const peak = kilobytes(this.#pid, 'VmHWM');
    const others = childrenOf(this.#pid).reduce((sum, pid) => sum + kilobytes(pid, 'VmRSS'), 0);
    this.memoryBytes = Math.max(this.memoryBytes, (peak + others) * 1024);
    if (performance.now() - this.#busyMs > MAX_IDLE_MS) return 'waits for ever';
    return overLimit(this);
  }
}

function overLimit({ cpuS, memoryBytes }: { cpuS: number; memoryBytes: number }): string {
  if (cpuS > HOSTILE_LIMITS.cpuS) return `over ${HOSTILE_LIMITS.cpuS} s of CPU`;
  if (memoryBytes > HOSTILE_LIMITS.memoryBytes) return 'over 1 GB of memory';
  return '';
}

const childrenOf = (group: number): number[] =>
  allProcesses()
    .filter((stat) => stat.group === group && stat.pid !== group)
    .map(({ pid }) => pid);

/** With children that have ended and those that run. */
function cpuOfTree(pid: number): number {
  const running = allProcesses().filter((stat) => stat.group === pid);
  return running.reduce((sum, stat) => sum + stat.cpuS, 0) + endedChildrenCpuS(pid);
}

/** cutime and cstime of proc_pid_stat(5). */
function endedChildrenCpuS(pid: number): number {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return 0;
  }
}

function kilobytes(pid: number, name: string): number {
  try {
    const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) : 0;
  } catch {
    return 0;
  }
}
