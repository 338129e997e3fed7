/** What a rollout left (`results.jsonl`, alone or by its folder), as options of `gen` name it. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../sim/errors.ts';

/**
 * @param path the file, or the folder that it lies in
 * @param subject for messages: the option as typed
 * @throws InputError when there is none
 */
export function resultsFileAt(path: string, subject: string): string {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'results.jsonl') : path;
  if (!existsSync(file))
    throw new InputError(`${subject}: there is no such file; name the results.jsonl that eval rollout wrote`);
  return file;
}

/** At most so many, spread evenly over those that there are. */
export function thinned<T>(items: readonly T[], most: number): T[] {
  const count = Math.min(most, items.length);
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]);
}
