/** `results.jsonl`: a line an episode, on disk before the next one counts; a torn last line is cut off. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../../sim/errors.ts';
import { type RolloutResult, resultSchema } from '../results.ts';

/**
 * All whole lines; a last line without an end is not one.
 * @throws InputError naming the line that is no result
 */
export function readResults(path: string): RolloutResult[] {
  const lines = wholeLines(path).split('\n').slice(0, -1);
  return lines.map((line, i) => {
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
  readonly #file: number;
  /** By condition. */
  readonly done = new Map<string, RolloutResult>();

  /** Opens or creates the file and reads what it holds. */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    for (const result of existsSync(path) ? readResults(path) : []) this.done.set(result.condition, result);
    this.#file = openSync(path, 'a');
    ftruncateSync(this.#file, Buffer.byteLength(existsSync(path) ? wholeLines(path) : ''));
  }

  /** Returns once the line is on disk. */
  append(result: RolloutResult): void {
    const bytes = Buffer.from(`${JSON.stringify(result)}\n`);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    fsyncSync(this.#file);
    this.done.set(result.condition, result);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function wholeLines(path: string): string {
  const text = readFileSync(path, 'utf8');
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
