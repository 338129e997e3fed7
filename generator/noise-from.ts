/**
 * `--noise-from`: how strong the noise must be to lead where a policy's own errors lead. The policy's rollouts are run
 * again and the expert is asked in every frame; the noise gets the same mean square as what the two differ by, over all
 * frames (DART sets its noise by the student's error in the same way), and at most what the expert is known to bear.
 */
import { dirname, join } from 'node:path';
import { readResults } from '../rollouts/results-file.ts';
import { type RolloutTrajectory, readTrajectory } from '../rollouts/trajectory-file.ts';
import { rounded } from '../runtime/figures.ts';
import { replay } from '../sim/engine/replay.ts';
import { taskOf } from '../sim/engine/task-registry.ts';
import { InputError } from '../sim/errors.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import { NOISE_DEFAULTS } from './modes/noise.ts';
import { resultsFileAt, thinned } from './rollout-report.ts';

/** So many rollouts are run again, spread evenly over those that there are. */
const ROLLOUTS = 40;

export interface MeasuredError {
  rollouts: number;
  frames: number;
  /** Root mean square of what policy and expert differ by, of each control. */
  rms: number[];
  /** What noise has the same mean square, capped by what the robot's own noise has. */
  amplitude: number[];
}

/**
 * @param path results.jsonl of an eval rollout, or the folder that it lies in
 * @throws InputError when it is none, or without stored trajectories
 */
export async function measureNoise(path: string): Promise<MeasuredError> {
  const subject = `--noise-from ${path}`;
  const file = resultsFileAt(path, subject);
  const stored = readResults(file).flatMap(({ trajectory }) => (trajectory ? [trajectory] : []));
  if (stored.length === 0)
    throw new InputError(
      `${subject}: it has no rollout with a stored trajectory; give --noise-amplitude instead`,
    );
  const some = thinned(stored, ROLLOUTS);
  const read = (name: string): RolloutTrajectory => readTrajectory(join(dirname(file), name));
  const { robot } = await loadTask(read(some[0]).start.taskName);
  const squares = robot.actionNames.map(() => 0);
  let frames = 0;
  for (const name of some) frames += addSquares(read(name), squares);
  const rms = squares.map((sum) => Math.sqrt(sum / Math.max(1, frames)));
  return {
    rollouts: some.length,
    frames,
    rms: rms.map((value) => rounded(value, 3)),
    amplitude: amplitudeFor(rms, robot.noiseAmplitude),
  };
}

/** Adds each control's squared difference to `squares`; returns the frames. */
function addSquares(trajectory: RolloutTrajectory, squares: number[]): number {
  const task = taskOf(trajectory.start);
  replay(trajectory, (world, executed) => {
    const action = task.expert(world);
    for (let i = 0; i < squares.length; i++) squares[i] += (executed[i] - action[i]) ** 2;
  });
  return trajectory.frames;
}

/** An offset drawn evenly from +-a has the mean square a * a / 3, in the share of the frames that are in bursts. */
export function amplitudeFor(rms: readonly number[], largest: readonly number[]): number[] {
  const { burstsAS, burstS } = NOISE_DEFAULTS;
  const noisyS = burstsAS * ((burstS.min + burstS.max) / 2);
  const share = noisyS / (1 + noisyS);
  return rms.map((value, i) => rounded(Math.min(largest[i], value * Math.sqrt(3 / share)), 3));
}
