/** metadata.json at a dataset's root: what LeRobot's own files have no place for. */

import type { RenderingStack } from '../render/draw-request.ts';
import type { SuccessCriteria } from '../sim/engine/episode-start.ts';
import { SOURCES } from '../sim/engine/trajectory.ts';
import { FINGERPRINT_COVERS } from './episode-digest.ts';
import type { DatasetSpec } from './features.ts';
import type { Loss } from './losses.ts';

export const METADATA_FORMAT = 1;

/** One `gen` run into the dataset; `--append` adds another. No times and no paths of the machine. */
export interface RunProvenance {
  /** As typed. */
  command: string;
  seed: number;
  /** Settings that decide the contents. */
  settings: Record<string, unknown>;
  /** Of brickyard, its code, Node, three, Rapier … */
  versions: Record<string, string>;
  rendering_stack: RenderingStack;
  episodes: number;
  attempts: number;
  /** Kept episodes and their frames by kind; absent where the expert alone drove. */
  by_kind?: Record<string, { episodes: number; frames: number }>;
  /** Of a run in which a student drove: hand-overs by trigger, frames driven on the way. */
  dagger?: object;
  /** Of a run with recoveries: attempts by kind of disturbance; what the expert did not solve, and how to see it again. */
  recovery?: object;
  rejects: { total: number; by_reason: Record<string, number>; by_scenario: Record<string, number> };
  /** Every start that was not kept, with what is needed to try it again. */
  rejected_starts: {
    scenario: string;
    slot: number;
    attempt: number;
    reason: string;
    detail: string;
    kind?: string;
    disturbance?: string;
  }[];
}

/** What the dataset holds of one scenario. */
export interface ScenarioShare {
  /** More than one when the scenario's file was edited between runs. */
  hashes: string[];
  episodes: number;
  frames: number;
  success: SuccessCriteria;
  /** Smallest and largest. */
  time_limit_s: [number, number];
}

/** How much a part of the dataset counts in training; set by `dataset merge --weights`. */
export interface DatasetWeight {
  /** Of the dataset that the episodes come from. */
  name: string;
  weight: number;
  /** From, and one past the last. */
  episodes: [number, number];
}

/** How a dataset came out of others. */
export interface Derivation {
  /** As typed. */
  command: string;
  sources: { name: string; fingerprint: string | null; episodes: number; of: number }[];
  /** What of the sources is not in the dataset, or in another form; missing where all was kept. */
  losses?: Loss[];
}

export interface DatasetMetadata {
  format: number;
  made_by: 'brickyard';
  fingerprint: { sha256: string; covers: string };
  /** What counts as done, in the words of the scenario's task, and its time limit. */
  success_criteria: Record<string, Readonly<Record<string, number | [number, number]>>>;
  scenarios: Record<string, Pick<ScenarioShare, 'hashes' | 'episodes' | 'frames'>>;
  /** What the numbers in the columns `source` and `phase` stand for. */
  enums: { source: readonly string[]; phase: readonly string[] };
  columns: Readonly<Record<string, string>>;
  runs: RunProvenance[];
  dataset_weights?: DatasetWeight[];
  derived_from?: Derivation;
}

/** The names of a stored dataset's phases; undefined where it does not say them as it should. */
export function phaseNames({ enums }: Partial<DatasetMetadata>): readonly string[] | undefined {
  const names: unknown = enums?.phase;
  return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined;
}

export function datasetMetadata(
  fingerprint: string,
  { phases, columnNotes }: Pick<DatasetSpec, 'phases' | 'columnNotes'>,
  shares: Readonly<Record<string, ScenarioShare>>,
  runs: readonly RunProvenance[],
): DatasetMetadata {
  const names = Object.keys(shares).sort();
  const perScenario = <T>(pick: (share: ScenarioShare) => T): Record<string, T> =>
    Object.fromEntries(names.map((name) => [name, pick(shares[name])]));
  return {
    format: METADATA_FORMAT,
    made_by: 'brickyard',
    fingerprint: { sha256: fingerprint, covers: FINGERPRINT_COVERS },
    success_criteria: perScenario(({ success, time_limit_s }) => ({ ...success, time_limit_s })),
    scenarios: perScenario(({ hashes, episodes, frames }) => ({ hashes, episodes, frames })),
    enums: { source: SOURCES, phase: phases },
    columns: columnNotes,
    runs: [...runs],
  };
}

/** Adds one episode to its scenario's share. */
export function countEpisode(
  shares: Record<string, ScenarioShare>,
  episode: {
    scenario: string;
    scenarioHash: string;
    frames: number;
    success: SuccessCriteria;
    timeLimitS: number;
  },
): void {
  const { scenario, scenarioHash, frames, success, timeLimitS } = episode;
  mergeShares(shares, {
    [scenario]: {
      hashes: [scenarioHash],
      episodes: 1,
      frames,
      success,
      time_limit_s: [timeLimitS, timeLimitS],
    },
  });
}

/** Adds `added` to `shares`, in place. */
export function mergeShares(
  shares: Record<string, ScenarioShare>,
  added: Readonly<Record<string, ScenarioShare>>,
): void {
  for (const [name, share] of Object.entries(added)) {
    const known = shares[name];
    if (!known) {
      shares[name] = structuredClone(share);
      continue;
    }
    known.hashes = [...new Set([...known.hashes, ...share.hashes])];
    known.episodes += share.episodes;
    known.frames += share.frames;
    known.time_limit_s = [
      Math.min(known.time_limit_s[0], share.time_limit_s[0]),
      Math.max(known.time_limit_s[1], share.time_limit_s[1]),
    ];
  }
}
