/** Reads the failures of a rollout (`results.jsonl` and the trajectories beside it) for starts to be aimed at. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { RolloutResult } from '../rollouts/results.ts';
import { readResults } from '../rollouts/results-file.ts';
import { readTrajectory } from '../rollouts/trajectory-file.ts';
import { failureLabels, taskOf } from '../sim/engine/task-registry.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import { AIM_DEFAULTS, type AimedFailure } from './aim.ts';
import { resultsFileAt, thinned } from './rollout-report.ts';

/** Failures beyond so many are thinned out evenly. */
export const MAX_FAILURES = 2000;

const runSchema = z.looseObject({
  suite: z.string(),
  suite_hash: z.string(),
  fps: z.number(),
  onnx_sha256: z.string().nullable(),
});

/** What the report says about itself, for the dataset's metadata. */
export interface AimReport {
  /** Of results.jsonl. */
  sha256: string;
  suite: string;
  suite_hash: string;
  onnx_sha256: string | null;
  /** By label, those of the selected scenarios. */
  failures: Record<string, number>;
}

export interface ReadReport {
  report: AimReport;
  failures: AimedFailure[];
  /** Failures of scenarios that are not selected. */
  elsewhere: number;
}

/**
 * @param path results.jsonl, or the folder that it lies in
 * @param selected hash by name of the scenarios that episodes are made of
 * @throws InputError when it is no report, or one of other scenarios or another control rate
 */
export function readReport(path: string, selected: ReadonlyMap<string, string>, fps: number): ReadReport {
  const subject = `--from-report ${path}`;
  const file = resultsFileAt(path, subject);
  const folder = dirname(file);
  const run = readRun(join(folder, 'run.json'), subject);
  if (run.fps !== fps)
    throw new InputError(
      `${subject}: it was driven at ${run.fps} Hz, the episodes shall be at ${fps}; roll out at their rate, or give --fps ${run.fps}`,
    );
  const failed = readResults(file).filter(({ failure, trajectory }) => failure && trajectory);
  if (failed.length === 0)
    throw new InputError(`${subject}: it holds no failure to aim at; leave --from-report out`);
  const own = failed.filter(({ scenario }) => selected.has(scenario));
  const names = [...new Set(failed.map(({ scenario }) => scenario))].join(', ');
  if (own.length === 0)
    throw new InputError(
      `${subject}: its ${failed.length} failures are of ${names}, none of which --scenarios selects; add them there`,
    );
  throwFaults(subject, editedScenarios(own, selected));
  const kept = thinned(own, MAX_FAILURES);
  const failures = kept.map((result) => aimedFailure(result, folder));
  return {
    report: {
      sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
      suite: run.suite,
      suite_hash: run.suite_hash,
      onnx_sha256: run.onnx_sha256,
      failures: countLabels(kept),
    },
    failures,
    elsewhere: failed.length - own.length,
  };
}

function readRun(path: string, subject: string): z.infer<typeof runSchema> {
  try {
    return runSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new InputError(
      `${subject}: it is no report of a rollout, whose folder has a run.json with suite, fps and policy; name the results.jsonl where eval rollout wrote it`,
    );
  }
}

function editedScenarios(results: readonly RolloutResult[], selected: ReadonlyMap<string, string>): string[] {
  const edited = results.filter(({ scenario, scenario_hash }) => selected.get(scenario) !== scenario_hash);
  return [...new Set(edited.map(({ scenario }) => scenario))].map(
    (name) => `scenario ${name} is not the one that it was rolled out on (edited since); roll out again`,
  );
}

function countLabels(results: readonly RolloutResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { failure } of results) if (failure) counts[failure.label] = (counts[failure.label] ?? 0) + 1;
  const known = failureLabels().filter((label) => counts[label]);
  return Object.fromEntries(known.map((label) => [label, counts[label]]));
}

function aimedFailure(
  { condition, scenario, failure, trajectory }: RolloutResult,
  folder: string,
): AimedFailure {
  const recorded = readTrajectory(join(folder, trajectory!));
  const { start, poses } = recorded;
  const task = taskOf(start);
  const { aiming } = task;
  // Its scenarios still count by their failures; the starts are ordinary ones.
  if (!aiming) return { condition, scenario, label: failure!.label, start: undefined, before: [] };
  const size = task.poseSize(start);
  const before = AIM_DEFAULTS.leadsS.flatMap((leadS) => {
    const frame = Math.floor((failure!.time_s - leadS) * recorded.fps);
    if (frame <= 0 || frame >= recorded.frames) return [];
    return [{ leadS, place: aiming.placeAt(start, poses.subarray(frame * size, (frame + 1) * size)) }];
  });
  return { condition, scenario, label: failure!.label, start: aiming.placeOfStart(start), before };
}
