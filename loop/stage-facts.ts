/** What a stage that ended left to be known: from its result and the files it wrote. */
import { join } from 'node:path';
import { DatasetReader } from '../dataset/reader.ts';
import { shuffledOrder } from '../evaluator/compare/pairing.ts';
import { readRollout } from '../evaluator/compare/rollout-folder.ts';
import { wilson } from '../evaluator/statistics/wilson.ts';
import { readJsonSync } from '../runtime/regular-file.ts';
import type { DataFacts, FactsOf, RequestOf, RolloutFacts } from './stages.ts';

/** Of a training elsewhere: its run folder has been brought into the loop's. */
export function remoteTrainFacts({ out: run }: RequestOf<'train'>, out: string): FactsOf<'train'> {
  const { step: steps, ...handover } = readJsonSync(join(out, run, 'handover.json')) as Record<
    string,
    unknown
  >;
  return trainFacts({ ...handover, steps }, join(run, 'checkpoints/last/policy'));
}

/** @param policy relative to the loop's folder */
export function trainFacts(
  { steps, loss_first, loss_last }: { steps: unknown; loss_first?: unknown; loss_last?: unknown },
  policy: string,
): FactsOf<'train'> {
  return {
    steps: Number(steps),
    lossFirst: numberOrNull(loss_first),
    lossLast: numberOrNull(loss_last),
    policy,
  };
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** Episodes and frames of a dataset, and by who drove in which scenario. */
export async function dataFacts(root: string): Promise<DataFacts> {
  const reader = await DatasetReader.open(root);
  const { total_episodes: episodes, total_frames: frames } = reader.info;
  const by = new Map<string, DataFacts['by'][number]>();
  let position = 0;
  for await (const { provenance, length } of reader.episodeRows({ provenance: 'brief' })) {
    if (position++ >= episodes) break;
    const source = provenance?.sources.join(' + ') ?? 'unknown';
    const scenario = provenance?.scenario ?? 'unknown';
    const key = `${source}\0${scenario}`;
    const entry = by.get(key) ?? { source, scenario, episodes: 0, frames: 0 };
    entry.episodes++;
    entry.frames += length;
    by.set(key, entry);
  }
  const fingerprint = (await reader.metadata())?.fingerprint?.sha256 ?? null;
  const sorted = [...by.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  return { episodes, frames, by: sorted, fingerprint };
}

/** Rates, labels and how each condition ended. An error is no success, and is told apart for pairing. */
export function rolloutFacts(folder: string): RolloutFacts {
  const { results, summary } = readRollout(folder, folder);
  const successes = results.filter(({ status }) => status === 'success').length;
  const failures: Record<string, number> = {};
  const byScenario: RolloutFacts['byScenario'] = {};
  for (const { scenario, status, failure } of results) {
    byScenario[scenario] ??= { episodes: 0, successes: 0 };
    byScenario[scenario].episodes++;
    if (status === 'success') byScenario[scenario].successes++;
    if (failure) failures[failure.label] = (failures[failure.label] ?? 0) + 1;
  }
  const mark = { success: '1', failure: '0', error: 'e' } as const;
  return {
    episodes: results.length,
    successes,
    errors: results.filter(({ status }) => status === 'error').length,
    wilson: wilson(successes, results.length),
    failures,
    byScenario,
    suiteHash: summary?.suite_hash ?? '',
    outcomes: shuffledOrder(results)
      .map(({ status }) => mark[status])
      .join(''),
  };
}
