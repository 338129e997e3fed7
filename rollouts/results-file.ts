/** `results.jsonl`: a line an episode, on disk before the next one counts. */

import { LineLog, readLog } from '../runtime/line-log.ts';
import { throwFaults } from '../sim/errors.ts';
import { type RolloutResult, resultSchema } from './results.ts';

/**
 * All whole lines; a last line without an end is not one.
 * @throws InputError naming the lines that are no results
 */
export function readResults(path: string): RolloutResult[] {
  const { values, damaged } = readLog(path, resultOf);
  if (damaged.length > 0)
    throwFaults(
      path,
      damaged.map(
        ({ line, why }) =>
          `line ${line} is no result of a rollout: ${why}; the command that made it, with --resume, rolls it out again`,
      ),
    );
  return values;
}

function resultOf(text: string): RolloutResult {
  const parsed = resultSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue.path.join('.') || 'the line'}: ${issue.message}`);
}

export class ResultsFile {
  readonly #log: LineLog;
  /** By condition. */
  readonly done = new Map<string, RolloutResult>();
  /** Lines that were damaged: dropped, so that they are rolled out again. */
  readonly damaged: number;

  /** Opens or creates the file and reads what it holds. */
  constructor(path: string) {
    const { values, damaged } = readLog(path, resultOf);
    for (const result of values) this.done.set(result.condition, result);
    this.damaged = damaged.length;
    this.#log = new LineLog(path, damaged);
  }

  /** Returns once the line is on disk. */
  append(result: RolloutResult): void {
    this.#log.append(JSON.stringify(result));
    this.done.set(result.condition, result);
  }

  close(): void {
    this.#log.close();
  }
}
