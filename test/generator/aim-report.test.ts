import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReport } from '../../generator/aim-report.ts';
import type { RolloutResult } from '../../rollouts/results.ts';
import { encodeTrajectory } from '../../rollouts/trajectory-file.ts';
import { resolveSelection, scenarioHash } from '../../scenarios/registry.ts';
import { syncPolicy } from '../../sim/engine/policies.ts';
import { simulateEpisode } from '../../sim/engine/simulate.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import { InputError } from '../../sim/errors.ts';
import type { AimedPlace } from '../../sim/tasks/collect-bricks/aiming.ts';
import type { BricksStart } from '../../sim/tasks/collect-bricks/start.ts';
import { poseSize } from '../../sim/tasks/collect-bricks/start-poses.ts';
import { loadTask } from '../../sim/tasks/load-task.ts';
import { sampleStart } from '../bricks-starts.ts';
import { madeUpResults } from '../evaluator/made-up-rollout.ts';

interface BricksFailure {
  label: string;
  start: AimedPlace;
  before: { leadS: number; place: AimedPlace }[];
}

const [{ scenario }] = resolveSelection('one-brick', '.');
const SELECTED = new Map([['one-brick', scenarioHash(scenario)]]);
const RUN = { suite: 'smoke', suite_hash: 'b'.repeat(64), fps: 10, onnx_sha256: 'c'.repeat(64), chunk: {} };

let folder: string;
let driven: Trajectory;

/** A rollout's folder with three lines: a success, a failure at 5 s and one of another scenario. */
function rollout(name: string, changes: Partial<RolloutResult> = {}, run: object | null = RUN): string {
  const path = join(folder, name);
  mkdirSync(join(path, 'trajectories'), { recursive: true });
  const stored = { ...driven, condition: 'one-brick/eval', queryFrames: Uint32Array.from([0]) };
  writeFileSync(join(path, 'trajectories/00001.trajectory'), encodeTrajectory(stored));
  const failure = { label: 'WALL_STUCK' as const, time_s: 5, x_m: 0, z_m: 0, evidence: 'stood there' };
  const own = { scenario: 'one-brick', scenario_hash: scenarioHash(scenario), failure };
  const results = [
    ...madeUpResults('1'),
    ...madeUpResults('0', { ...own, trajectory: 'trajectories/00001.trajectory', ...changes }),
    ...madeUpResults('0', { scenario: 'wall', trajectory: 'trajectories/00001.trajectory' }),
  ];
  writeFileSync(join(path, 'results.jsonl'), results.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (run) writeFileSync(join(path, 'run.json'), JSON.stringify(run));
  return path;
}

beforeAll(async () => {
  await loadTask();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-report-'));
  const start = sampleStart(scenario, { namespace: 'eval', seed: 0, slot: 0, attempt: 0 });
  driven = simulateEpisode(start, { policy: syncPolicy(() => () => ({ action: [0.1, 0.5, 0, 0.3] })) });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a report', () => {
  test('gives its failures with where they began and what led to them', () => {
    const path = rollout('good');
    const { failures, elsewhere, report } = readReport(join(path, 'results.jsonl'), SELECTED, 10);
    expect(readReport(path, SELECTED, 10).report).toEqual(report);
    expect(report).toMatchObject({ suite: 'smoke', failures: { WALL_STUCK: 1 } });
    expect(elsewhere).toBe(1);
    expect(failures).toHaveLength(1);
    const [{ label, start, before }] = failures as BricksFailure[];
    expect(label).toBe('WALL_STUCK');
    expect(start.loader).toEqual((driven.start as BricksStart).loader);
    expect(before.map(({ leadS }) => leadS)).toEqual([1, 2, 4]); // 8 s before would be before it began
    const size = poseSize(1);
    for (const { leadS, place } of before) {
      const row = driven.poses.subarray((5 - leadS) * 10 * size, ((5 - leadS) * 10 + 1) * size);
      expect(place.loader.xM).toBe(row[0]);
      expect(place.loader.headingRad).toBe(row[2]);
      expect(place.bricks[0].rotation).toEqual([...row.subarray(8, 12)]);
    }
  });

  test('is refused in one sentence where it does not fit', () => {
    const refusal = (path: string, selected = SELECTED, fps = 10): string => {
      try {
        readReport(path, selected, fps);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        expect((error as Error).message).not.toContain('\n');
        return (error as Error).message;
      }
      return 'none';
    };
    expect(refusal(join(folder, 'absent.jsonl'))).toContain('no such file');
    expect(refusal(rollout('alone', {}, null))).toContain('no report of a rollout');
    expect(refusal(rollout('strange', {}, { hello: 1 }))).toContain('no report of a rollout');
    expect(refusal(rollout('fast'), SELECTED, 30)).toContain('driven at 10 Hz');
    expect(refusal(rollout('other'), new Map([['corner', 'x']]))).toContain('one-brick, wall');
    expect(refusal(rollout('edited', { scenario_hash: 'd'.repeat(64) }))).toContain('edited since');
    expect(refusal(rollout('good', { failure: null }), new Map([['one-brick', 'x']]))).toContain('wall');
    const torn = rollout('torn');
    writeFileSync(join(torn, 'results.jsonl'), '{"episode": 1}\n');
    expect(refusal(torn)).toContain('line 1 is no result');
    const gone = rollout('gone', { trajectory: 'trajectories/00009.trajectory' });
    expect(refusal(gone)).toContain('00009.trajectory cannot be read');
    const perfect = rollout('perfect');
    writeFileSync(join(perfect, 'results.jsonl'), `${JSON.stringify(madeUpResults('1')[0])}\n`);
    expect(refusal(perfect)).toContain('no failure to aim at');
    cpSync(join(perfect, 'run.json'), join(folder, 'run.json'));
    writeFileSync(join(folder, 'results.jsonl'), 'not json\n');
    expect(refusal(join(folder, 'results.jsonl'))).toContain('line 1 is no result');
  });
});
