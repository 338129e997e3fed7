/** What docs/results/*.json hold: recipes of training data, the trainings of each, and how their rollouts ended. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { readRollout } from '../../evaluator/compare/rollout-folder.ts';
import { type RolloutResult, thingsOf } from '../../rollouts/results.ts';

const trainingSchema = z.strictObject({
  /** Of the rollout's folder, without the path. */
  name: z.string(),
  successes: z.number().int(),
  episodes: z.number().int(),
  /** 1 solved, 0 not, by the names of the conditions. */
  outcomes: z.string().regex(/^[01]+$/),
  /** By scenario: [solved, tried, things delivered, things]. */
  by_scenario: z.record(
    z.string(),
    z.tuple([z.number().int(), z.number().int(), z.number().int(), z.number().int()]),
  ),
});
export type TrainingResult = z.infer<typeof trainingSchema>;

const armSchema = z.strictObject({ name: z.string(), trainings: z.array(trainingSchema).min(1) });
export type Arm = z.infer<typeof armSchema>;

export const armsFileSchema = z.strictObject({
  title: z.string(),
  /** Of the conditions, which are the same for all. */
  suite_hash: z.string(),
  arms: z.array(armSchema).min(1),
});
export type ArmsFile = z.infer<typeof armsFileSchema>;

export function readArmsFile(path: string): ArmsFile {
  return armsFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

/** @throws InputError for a folder that is no ended rollout, Error for one on other conditions */
export function collectArms(
  title: string,
  arms: readonly { name: string; folders: readonly string[] }[],
): ArmsFile {
  const hashes = new Set<string>();
  const found = arms.map(({ name, folders }) => ({
    name,
    trainings: folders.map((folder) => {
      const { summary, results } = readRollout(folder, folder);
      if (!summary) throw new Error(`${folder} has not ended`);
      hashes.add(summary.suite_hash);
      return trainingOf(folder, results);
    }),
  }));
  if (hashes.size !== 1) throw new Error(`the rollouts ran on ${hashes.size} sets of conditions, not on one`);
  return { title, suite_hash: [...hashes][0], arms: found };
}

function trainingOf(folder: string, unsorted: readonly RolloutResult[]): TrainingResult {
  const results = unsorted.toSorted((a, b) => (a.condition < b.condition ? -1 : 1));
  const by: TrainingResult['by_scenario'] = {};
  for (const result of results) {
    const { scenario, status, delivered } = result;
    const [solved, tried, put, all] = by[scenario] ?? [0, 0, 0, 0];
    by[scenario] = [
      solved + (status === 'success' ? 1 : 0),
      tried + 1,
      put + delivered,
      all + thingsOf(result),
    ];
  }
  const outcomes = results.map(({ status }) => (status === 'success' ? '1' : '0')).join('');
  return {
    name: folder.split('/').at(-1) as string,
    successes: outcomes.replaceAll('0', '').length,
    episodes: results.length,
    outcomes,
    by_scenario: by,
  };
}
