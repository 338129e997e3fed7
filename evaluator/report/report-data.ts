/** What a report is made of, read from a rollout's folder. */
import { existsSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { RolloutResult } from '../../rollouts/results.ts';
import { readResults } from '../../rollouts/results-file.ts';
import { type RolloutTrajectory, readTrajectory } from '../../rollouts/trajectory-file.ts';
import { readJsonSync } from '../../runtime/regular-file.ts';
import { InputError } from '../../sim/errors.ts';

export const RESULTS_FILE = 'results.jsonl';

export interface ReportData {
  /** By condition, so that the order in which workers ended does not show. */
  results: RolloutResult[];
  /** summary.json and run.json as they are; empty where a run is not over. */
  summary: Record<string, unknown>;
  run: Record<string, unknown>;
}

/** A video as a page can hold it. */
export interface EpisodeVideo {
  mp4: Uint8Array;
  fromS: number;
  toS: number;
}

/** An episode shown in full. */
export interface ShownEpisode {
  result: RolloutResult;
  trajectory: RolloutTrajectory;
  video?: EpisodeVideo;
}

/** @throws InputError when the folder holds no rollout results */
export function readReportData(folder: string): ReportData {
  const path = join(folder, RESULTS_FILE);
  if (!existsSync(path))
    throw new InputError(
      `${folder} has no ${RESULTS_FILE}: name a folder that \`brickyard eval rollout\` wrote`,
    );
  const results = readResults(path).sort((a, b) => (a.condition < b.condition ? -1 : 1));
  if (results.length === 0) throw new InputError(`${path} holds no results yet: there is nothing to report`);
  return {
    results,
    summary: readRecord(
      join(folder, 'summary.json'),
      'the command that made it, with --resume, writes it anew',
    ),
    run: readRecord(join(folder, 'run.json'), 'roll out again to another folder'),
  };
}

function readRecord(path: string, remedy: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  try {
    const value: unknown = readJsonSync(path);
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new InputError(`${path} is no JSON object: ${remedy}`);
}

/** The stored trajectory of a result; undefined when none was kept or it is gone. Never reads outside of the folder. */
export function trajectoryOf(folder: string, result: RolloutResult): RolloutTrajectory | undefined {
  if (result.trajectory === null) return undefined;
  const root = resolve(folder);
  const path = resolve(root, result.trajectory);
  if (!path.startsWith(root + sep))
    throw new InputError(
      `${join(folder, RESULTS_FILE)}: trajectory ${result.trajectory} lies outside of the folder`,
    );
  return existsSync(path) ? readTrajectory(path) : undefined;
}

/** The task that a rollout was of, as its run.json says; undefined for one from before there were others. */
export const taskOfRun = (run: ReportData['run']): string | undefined =>
  typeof run.task === 'string' ? run.task : undefined;
