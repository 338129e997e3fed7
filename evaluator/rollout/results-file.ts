/** `results.jsonl`: a line an episode, on disk before the next one counts. */
import { InputError } from '../../sim/errors.ts';
import { LineLog, readLines } from '../../sim/host/line-log.ts';
import { type RolloutResult, resultSchema } from '../results.ts';

/**
 * All whole lines; a last line without an end is not one.
 * @throws InputError naming the line that is no result
 */
export function readResults(path: string): RolloutResult[] {
  return readLines(path).map((line, i) => {
    try {
      return resultSchema.parse(JSON.parse(line));
    } catch (error) {
      throw new InputError(
        `${path}, line ${i + 1} is no result of a rollout: ${(error as Error).message.split('\n')[0]}`,
      );
    }
  });
}

export class ResultsFile {
  readonly #log: LineLog;
  /** By condition. */
  readonly done = new Map<string, RolloutResult>();

  /** Opens or creates the file and reads what it holds. */
  constructor(path: string) {
    for (const result of readResults(path)) this.done.set(result.condition, result);
    this.#log = new LineLog(path);
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
