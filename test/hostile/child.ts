/**
 * Runs commands of the command line in turn, in this process, and answers what each printed and how it ended. Started
 * by runner.ts, which kills it when a command takes too much.
 */
import { writeFileSync } from 'node:fs';
import { main } from '../../cli.ts';
import { exitCodeOf } from '../../runtime/failure.ts';
import { PROBES, type Probe } from './probes.ts';

export interface Job {
  argv: readonly string[];
  /** Instead of a command, where every command of the kind would start a browser. */
  probe?: Probe;
}

export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

const MAX_TEXT = 200_000;

process.on('message', async (job: Job) => {
  (globalThis as { gc?: () => void }).gc?.();
  // Linux then counts the peak of this process anew.
  writeFileSync('/proc/self/clear_refs', '5');
  process.send!({ ready: true });
  process.send!(await answerTo(job));
});

async function answerTo({ argv, probe }: Job): Promise<Answer> {
  const text = { stdout: '', stderr: '' };
  const written = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      text[name] = (text[name] + Buffer.from(chunk as string).toString('utf8')).slice(0, MAX_TEXT);
      const done = rest.at(-1);
      if (typeof done === 'function') done();
      return true;
    }) as typeof process.stdout.write;
  process.exitCode = undefined;
  try {
    const code = probe ? await probed(probe, argv) : await main(argv);
    return { code, ...text };
  } finally {
    Object.assign(process.stdout, { write: written.stdout });
    Object.assign(process.stderr, { write: written.stderr });
    process.exitCode = undefined;
  }
}

async function probed(probe: Probe, argv: readonly string[]): Promise<number> {
  try {
    process.stdout.write(await PROBES[probe](argv[0]));
    return 0;
  } catch (error) {
    const code = exitCodeOf(error);
    process.stderr.write(`${code === 70 ? (error as Error).stack : (error as Error).message}\n`);
    return code;
  }
}

process.send!({ started: true });
