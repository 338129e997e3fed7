/** One Python process that has imported lerobot and runs the check scripts of trainer/checks in forks of itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { testPython } from '../python.ts';

export const TRAINER = join(import.meta.dirname, '../../trainer');

export interface Check {
  /** Of trainer/checks. */
  script: string;
  args: readonly string[];
  /** Put first on Python's import path. */
  paths?: readonly string[];
}

export interface CheckResult {
  code: number;
  /** Last line of what it said on stdout. */
  lastLine: string;
  stderr: string;
}

export class CheckProcess {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #folder: string;
  #jobs = 0;

  /** Starts Python; `folder` is for logs and the frame cache. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#child = spawn(testPython(), [join(TRAINER, 'checks/forked_checks.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** One after the other, not two at once. */
  async run({ script, args, paths = [] }: Check): Promise<CheckResult> {
    const output = join(this.#folder, `job-${this.#jobs++}`);
    const environment = { XDG_CACHE_HOME: join(this.#folder, 'cache') };
    const job = { script: join(TRAINER, 'checks', script), arguments: args, paths, environment, output };
    this.#child.stdin!.write(`${JSON.stringify(job)}\n`);
    const answer = await this.#answers.next();
    if (answer.done) throw new Error(`Python ended with code ${this.#child.exitCode}`);
    return {
      code: JSON.parse(answer.value).code,
      lastLine: readFileSync(`${output}.out`, 'utf8').trim().split('\n').at(-1) ?? '',
      stderr: readFileSync(`${output}.err`, 'utf8'),
    };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin!.end();
    await once(this.#child, 'exit');
  }
}
