import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureSchema } from '../../../rollouts/results.ts';
import { listScenarios } from '../../../scenarios/registry.ts';
import { Environment } from '../../../sim/engine/environment.ts';
import type { FailedTrajectory } from '../../../sim/engine/failure.ts';
import { PI } from '../../../sim/engine/math.ts';
import type { SyncPolicy } from '../../../sim/engine/policy.ts';
import { simulateEpisode } from '../../../sim/engine/simulate.ts';
import { labelFailure } from '../../../sim/tasks/collect-bricks/failures/label.ts';
import { FAILURE_LABELS, type FailureLabel } from '../../../sim/tasks/collect-bricks/failures/labels.ts';
import { FAILURE_THRESHOLDS } from '../../../sim/tasks/collect-bricks/failures/thresholds.ts';
import type { BricksStart } from '../../../sim/tasks/collect-bricks/start.ts';
import { loadTask } from '../../../sim/tasks/load-task.ts';
import { sampleStart } from '../../bricks-starts.ts';
import { always, expertBut, isLoaded, script, spoil, startAt } from './failing-policies.ts';

beforeAll(() => loadTask());

/** Drives an episode to its end as a rollout does: what was asked is kept beside what was executed. */
function fail(start: BricksStart, policy: SyncPolicy): FailedTrajectory<BricksStart> {
  const run = new Environment(start);
  try {
    run.begin(policy, '');
    while (!run.isOver()) run.act(policy.act(run.observe()).action);
    const { outcome, detail, ...rest } = run.trajectory();
    if (outcome === 'success') throw new Error(`this policy does not fail: ${detail}`);
    return { ...rest, start, outcome, actions: run.askedActions() };
  } finally {
    run.dispose();
  }
}

/** An episode made for each label: [label, what happens, start, policy, words of the evidence]. */
const CASES: readonly [FailureLabel, string, () => BricksStart, () => SyncPolicy, RegExp][] = [
  [
    'BAD_ACTION',
    'an action that is NaN',
    () => startAt({}, [3, 3]),
    () => always(0, Number.NaN, 0, 0),
    /throttle was NaN/,
  ],
  [
    'LIFT_STUCK',
    'standing at the box with the bucket up',
    () => startAt({ xM: -3.6, zM: -6, headingRad: -PI / 2 }, [3, 3]),
    () => script([2, 0, 0, 0, 1]),
    /empty bucket at 0\.[3-9]\d m/,
  ],
  [
    'LIFT_STUCK',
    'standing at the box with a load',
    () => startAt({}, [0, 3], 70),
    () =>
      expertBut((w) =>
        isLoaded(w) && w.loader.xM < -2.9 && w.loader.zM < -4.6 && w.loader.liftM > 0.9
          ? [0, 0, 0, 0]
          : undefined,
      ),
    /loaded bucket/,
  ],
  [
    'WALL_STUCK',
    'driving into a wall',
    () => startAt({ headingRad: PI / 2 }, [-3, 3]),
    () => always(0, 1, 0, 0),
    /against a wall for/,
  ],
  [
    'WALL_STUCK',
    'reversing into a wall',
    () => startAt({ headingRad: PI / 2, xM: -4, zM: 3 }, [3, 3]),
    () => always(0, -1, 0, 0),
    /against a wall for/,
  ],
  [
    'BOX_COLLISION',
    'driving into the box',
    () => startAt({ xM: -1, zM: -6, headingRad: -PI / 2 }, [3, 3]),
    () => always(0, 0.8, 0, 0),
    /against the box for/,
  ],
  [
    'SPINNING',
    'turning on the spot',
    () => startAt({}, [3, 3], 60),
    () => always(1, 0, 0, 0),
    /times to the left/,
  ],
  [
    'SPINNING',
    'driving in circles',
    () => startAt({}, [-3, 3], 60),
    () => always(-1, 0.5, 0, 0),
    /times to the right/,
  ],
  [
    'DROPPED_BRICK',
    'tipping the load out in the open',
    () => startAt({}, [0, 3]),
    () => spoil((w) => isLoaded(w) && w.loader.liftM > 0.7, [200, 0, -0.2, -1, 0]),
    /fell to the floor/,
  ],
  [
    'MISSED_BOX',
    'tipping the load out beside the box',
    () => startAt({ zM: -2.5, xM: -1 }, [-1, 0.5], 60),
    () =>
      spoil(
        (w) => isLoaded(w) && w.loader.liftM > 0.9 && w.loader.xM < -3.3,
        [6, 0, 0, -1, 0],
        [4, 0, -0.6, 0, 0],
      ),
    /beside the box/,
  ],
  [
    'PUSHED_BRICK_AWAY',
    'shoving the brick with the tilted bucket',
    () => startAt({ tiltRad: 0.6 }, [0, 2.5], 30),
    () => script([3, 0, 0.9, 0, 0]),
    /shoved brick 0/,
  ],
  [
    'MISSED_SCOOP',
    'passing the brick closely',
    () => startAt({}, [0.62, 2.4], 25),
    () => script([2.2, 0, 1, 0, 0], [3, 0, -1, 0, 0]),
    /left without it/,
  ],
  [
    'MISSED_SCOOP',
    'stopping in front of the brick',
    () => startAt({}, [0, 2.2], 25),
    () => script([0.4, 0, 0.9, 0, 0]),
    /had not loaded it/,
  ],
  ['NO_APPROACH', 'doing nothing', () => startAt({}, [3, 3]), () => always(0, 0, 0, 0), /drove 0\.00 m/],
  [
    'NO_APPROACH',
    'standing with a load in the lowered bucket',
    () => startAt({}, [0, 2.6]),
    () => expertBut((w) => (isLoaded(w) && w.loader.liftM > 0.05 ? [0, 0, 0, 0] : undefined)),
    /no nearer to the box with its load/,
  ],
  [
    'TIMEOUT_PROGRESSING',
    'too little time for the expert',
    () => startAt({}, [2, 3], 17),
    () => expertBut(() => undefined),
    /carrying a brick/,
  ],
  [
    'TIMEOUT_PROGRESSING',
    'far too little time',
    () => startAt({ headingRad: 0.5 }, [6, 6], 4),
    () => expertBut(() => undefined),
    /from the next brick/,
  ],
];

describe('a failure made on purpose', () => {
  it.each(CASES)('is %s: %s', (label, _what, start, policy, words) => {
    const trajectory = fail(start(), policy());
    const failure = labelFailure(trajectory);
    expect(failure).toMatchObject({ label, evidence: expect.stringMatching(words) });
    expect(failureSchema.parse(failure)).toEqual(failure);
    expect(failure.time_s).toBeLessThanOrEqual(trajectory.frames / trajectory.fps);
    expect(labelFailure(trajectory)).toEqual(failure);
  });

  it('is there for every label', () => {
    expect(new Set(CASES.map(([label]) => label))).toEqual(new Set(FAILURE_LABELS));
  });
});

describe('a label', () => {
  it('is never given to a success', () => {
    const success = simulateEpisode(startAt({}, [0, 3], 70));
    expect(success.outcome).toBe('success');
    expect(() => labelFailure(success as unknown as FailedTrajectory<BricksStart>)).toThrow(
      'a success has no failure',
    );
  });

  it('says of a loader that does nothing that it did not approach, or stood with its bucket up', () => {
    for (const scenario of listScenarios()) {
      const start = sampleStart(scenario, { namespace: 'eval', seed: 3, slot: 0, attempt: 0 });
      const { label } = labelFailure(fail(start, always(0, 0, 0, 0)));
      const startsUp = start.loader.liftM >= FAILURE_THRESHOLDS.liftUpM;
      expect(label, scenario.name).toBe(startsUp ? 'LIFT_STUCK' : 'NO_APPROACH');
    }
  });

  it('is given to whatever a failing episode does, with finite figures', () => {
    const axis = fc.double({ min: -1, max: 1, noNaN: true });
    const action = fc.tuple(axis, axis, axis, axis);
    const parts = fc.array(fc.tuple(fc.double({ min: 0.5, max: 6, noNaN: true }), action), { maxLength: 5 });
    fc.assert(
      fc.property(parts, (list) => {
        const policy = script(...list.map(([seconds, drive]) => [seconds, ...drive] as const));
        expect(failureSchema.safeParse(labelFailure(fail(startAt({}, [1.5, 2.5], 16), policy))).success).toBe(
          true,
        );
      }),
      { numRuns: 15, seed: 7 },
    );
  });

  it('is a bad action where the simulator lost its numbers or the policy gave none', () => {
    const { ...healthy } = fail(startAt({}, [3, 3]), always(0, 0.3, 0, 0));
    for (const outcome of ['bad-action', 'non-finite'] as const)
      expect(labelFailure({ ...healthy, outcome }).label).toBe('BAD_ACTION');
    expect(labelFailure({ ...healthy, frames: 0 }).label).toBe('BAD_ACTION');
    const poses = healthy.poses.slice().fill(Number.NaN, 12 * 20);
    const bad = labelFailure({ ...healthy, poses, outcome: 'non-finite' });
    expect(bad.x_m).toBeCloseTo(healthy.poses[12 * 19], 5);
  });

  it.each([
    [2, false],
    [2.01, true],
    [-2.01, true],
    [Number.POSITIVE_INFINITY, true],
    [Number.NaN, true],
  ])('takes an action of %d for bad: %s', (value, bad) => {
    const failed = fail(startAt({}, [3, 3]), always(0, 0, value, 0));
    expect(labelFailure(failed).label === 'BAD_ACTION').toBe(bad);
  });
});

describe('where a rule draws its line', () => {
  /** `frames` moments of a loader that stands at a place, with a brick far off or as told. */
  const standing = (
    seconds: number,
    row: readonly number[],
    change: (row: Float32Array, frame: number) => void = () => {},
  ): FailedTrajectory<BricksStart> => {
    const frames = Math.round(seconds * 10) + 1;
    const poses = new Float32Array(frames * 12);
    for (let frame = 0; frame < frames; frame++) {
      const at = poses.subarray(frame * 12, (frame + 1) * 12);
      at.set(row);
      change(at, frame);
    }
    const start = startAt({ xM: row[0], zM: row[1] }, [row[5], row[7]]);
    return {
      start,
      fps: 10,
      frames,
      poses,
      executedActions: new Float32Array(frames * 4),
      outcome: 'timeout',
    };
  };
  const brickAt = (x: number, z: number) => [x, 0.075, z, 0, 0, 0, 1] as const;

  it.each([
    [7.9, 'NO_APPROACH'],
    [8, 'LIFT_STUCK'],
  ])('%d s with the bucket up is %s', (seconds, label) => {
    expect(labelFailure(standing(seconds, [-2.5, -6, -PI / 2, 0.6, 0, ...brickAt(4, 4)])).label).toBe(label);
  });

  it('a bucket below 0.3 m is not up, and one far from the box is not about it', () => {
    const low = standing(20, [-2.5, -6, -PI / 2, 0.29, 0, ...brickAt(4, 4)]);
    const far = standing(20, [2, 2, 0, 0.6, 0, ...brickAt(-4, 4)]);
    expect([low, far].map((one) => labelFailure(one).label)).toEqual(['NO_APPROACH', 'NO_APPROACH']);
  });

  it.each([
    [1.9, 'NO_APPROACH'],
    [2.1, 'SPINNING'],
  ])('%d turns one way are %s', (turns, label) => {
    const turning = standing(30, [0, 0, 0, 0, 0, ...brickAt(5, 5)], (row, frame) => {
      row[2] = (frame / 300) * turns * 2 * PI;
    });
    expect(labelFailure(turning).label).toBe(label);
  });

  it('turning to and fro is not spinning', () => {
    const wagging = standing(60, [0, 0, 0, 0, 0, ...brickAt(5, 5)], (row, frame) => {
      row[2] = 3 * (frame % 40 < 20 ? (frame % 20) / 20 : 1 - (frame % 20) / 20);
    });
    expect(labelFailure(wagging).label).toBe('NO_APPROACH');
  });

  it.each([
    [0.7, 'NO_APPROACH'],
    [0.9, 'PUSHED_BRICK_AWAY'],
  ])('a brick shoved sideways by %d m is %s', (shoveM, label) => {
    const shoved = standing(20, [0, 0, 0, 0, 0, ...brickAt(0.65, 0)], (row, frame) => {
      row[5] += Math.min(frame, 50) * (shoveM / 50);
      row[0] += Math.min(frame, 50) * (shoveM / 50);
    });
    expect(labelFailure(shoved).label).toBe(label);
  });

  it('a brick that moves by itself was not pushed', () => {
    const shoveM = 2;
    const pushed = standing(20, [0, 0, 0, 0, 0, ...brickAt(3, 3)], (row, frame) => {
      row[7] += Math.min(frame, 50) * (shoveM / 50);
    });
    expect(labelFailure(pushed).label).toBe('NO_APPROACH');
  });
});
