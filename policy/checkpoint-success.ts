/**
 * How often each checkpoint of a training run succeeded: checkpoints/success.json, which the trainer's retention reads
 * (trainer/brickyard_trainer/checkpoints.py), and the link best_success. A training with `--eval` and `eval sweep` roll
 * out the same conditions into the same folders, so that each uses what the other has finished.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { replaceLink, writeWholeFile } from '../runtime/disk.ts';
import { readJsonSync } from '../runtime/regular-file.ts';
import { InputError } from '../sim/errors.ts';

/**
 * Instance of a suite that chooses checkpoints; not the suites' own, so that a plain `eval rollout` afterwards is on
 * conditions that had no part in the choice.
 */
export const SELECTION_SEED = 101;

const rowSchema = z.looseObject({
  episodes: z.number().int().positive(),
  successes: z.number().int().nonnegative(),
  errors: z.number().int().nonnegative(),
  wilson: z.tuple([z.number(), z.number()]),
  suite: z.string(),
  seed: z.number().int(),
  suite_hash: z.string(),
});
/** Of one checkpoint. An error is no success. */
export type CheckpointSuccess = z.infer<typeof rowSchema>;
/** By the name of its folder in checkpoints/. */
export type SuccessByCheckpoint = Record<string, CheckpointSuccess>;

/** Where rollouts that choose a checkpoint of a run lie, unless told otherwise. */
export function selectionFolder(run: string, suite: string): string {
  return join(run, `sweep-${basename(suite).replace(/\.ya?ml$/, '')}`);
}

/** Of one checkpoint on one instance of the suite. */
export function rolloutFolder(selection: string, seed: number, name: string): string {
  return join(selection, `seed-${seed}`, name);
}

/** @throws InputError when the file is something else */
export function readSuccess(run: string): SuccessByCheckpoint {
  const path = successFile(run);
  if (!existsSync(path)) return {};
  try {
    return z.record(z.string(), rowSchema).parse(readJsonSync(path));
  } catch {
    throw new InputError(
      `${path} does not hold successes by checkpoint; remove it, and \`brickyard eval sweep\` writes it anew`,
    );
  }
}

/**
 * Adds rows and sets the link. Rates on other conditions cannot be compared with them and are dropped; their rollouts
 * stay where they are.
 * @returns all rows that the file has now
 */
export function recordSuccess(run: string, rows: SuccessByCheckpoint): SuccessByCheckpoint {
  const [{ suite_hash: hash }] = Object.values(rows);
  const kept = Object.entries(readSuccess(run)).filter(([, row]) => row.suite_hash === hash);
  const all = Object.fromEntries(
    [...kept, ...Object.entries(rows)].sort(([a], [b]) => Number(a) - Number(b)),
  );
  writeWholeFile(successFile(run), `${JSON.stringify(all, null, 2)}\n`);
  const best = bestBySuccess(run, all);
  if (best !== undefined) linkBestSuccess(run, best);
  return all;
}

/** Of the checkpoints that are still there: most successes; of equals the earliest, which cost the least training. */
export function bestBySuccess(run: string, rows: SuccessByCheckpoint): string | undefined {
  const rate = (name: string) => rows[name].successes / rows[name].episodes;
  const there = Object.keys(rows).filter((name) => existsSync(join(run, 'checkpoints', name)));
  const [first, ...others] = there.sort((a, b) => Number(a) - Number(b));
  return others.reduce((best, name) => (rate(name) > rate(best) ? name : best), first);
}

/** checkpoints/best_success, beside best (by loss): a relative link, replaced in one step. */
export function linkBestSuccess(run: string, name: string): void {
  replaceLink(join(run, 'checkpoints', 'best_success'), name);
}

function successFile(run: string): string {
  return join(run, 'checkpoints', 'success.json');
}
