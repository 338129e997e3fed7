/** Makes hostile inputs in a sandbox, runs them, and says what came of it. */
import { availableParallelism } from 'node:os';
import { CLASSES, FORMATS, type HostileCase } from './case.ts';
import { HostileRunner, type Outcome } from './runner.ts';
import { holdsSecret, Sandbox } from './sandbox.ts';

export interface Tried {
  tried: HostileCase;
  outcome: Outcome;
  /** Why it did not end as it has to; empty when it did. */
  fault: string;
}

export interface Verdict {
  results: Tried[];
  /** Paths outside of --out that changed. */
  changes: string[];
  /** Outputs with bytes of a file that no command may read. */
  leaks: string[];
}

const STACK = /^\s+at .+:\d+:\d+\)?$/m;

export async function runCases(cases: readonly HostileCase[]): Promise<Verdict> {
  const sandbox = new Sandbox();
  try {
    const jobs: { job: { argv: string[]; probe: HostileCase['probe'] }; tried: HostileCase }[] = [];
    for (const tried of cases) {
      const place = sandbox.place();
      await tried.make(place);
      jobs.push({ job: { argv: tried.argv(place), probe: tried.probe }, tried });
    }
    sandbox.remember();
    const results: Tried[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      const runner = new HostileRunner(sandbox.env);
      try {
        while (next < jobs.length) {
          const index = next++;
          const { job, tried } = jobs[index];
          const outcome = await runner.run(job);
          results[index] = { tried, outcome, fault: faultOf(tried, outcome) };
        }
      } finally {
        runner.close();
      }
    };
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane));
    return { results, changes: sandbox.changes(), leaks: sandbox.leaks() };
  } finally {
    sandbox.remove();
  }
}

function faultOf({ codes, says }: HostileCase, { code, stdout, stderr, ended }: Outcome): string {
  const text = `${stdout}\n${stderr}`;
  if (ended !== '') return ended;
  if (holdsSecret(text)) return 'it shows a file that it may not read';
  if (code === 70 || STACK.test(text)) return `an internal error (exit ${code}): ${firstLines(stderr)}`;
  if (!codes.includes(code)) return `exit ${code}, wanted ${codes.join(' or ')}: ${firstLines(text)}`;
  if (!says.test(text)) return `it does not say ${says}: ${firstLines(text)}`;
  return '';
}

const firstLines = (text: string): string => text.trim().slice(0, 300).replaceAll('\n', ' | ');

/** Inputs and outcomes by format and by class, as a table. */
export function tableOf(results: readonly Tried[]): string {
  const count = (some: readonly Tried[]) => {
    const refused = some.filter(({ outcome }) => outcome.code === 1 || outcome.code === 2).length;
    const handled = some.filter(({ outcome }) => outcome.code === 0).length;
    const cpu = Math.max(0, ...some.map(({ outcome }) => outcome.cpuS));
    const memory = Math.max(0, ...some.map(({ outcome }) => outcome.memoryBytes)) / 1e6;
    const faults = some.filter(({ fault }) => fault !== '').length;
    return [some.length, refused, handled, faults, cpu.toFixed(2), memory.toFixed(0)];
  };
  const rows = [
    ['', 'inputs', 'refused', 'handled', 'wrong', 'most CPU s', 'most MB'],
    ...FORMATS.map((format) => [format, ...count(results.filter(({ tried }) => tried.format === format))]),
    ...CLASSES.map((kind) => [kind, ...count(results.filter(({ tried }) => tried.kind === kind))]),
    ['all', ...count(results)],
  ];
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? String(cell).padEnd(18) : String(cell).padStart(11))).join(''),
    )
    .join('\n');
}
