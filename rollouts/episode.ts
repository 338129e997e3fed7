/** One rollout from its condition to its result. */

import { rounded } from '../runtime/figures.ts';
import { addSince, type ThreadTime, threadTime } from '../runtime/thread-time.ts';
import type { Condition } from '../scenarios/suites/conditions.ts';
import { isActionNumber } from '../sim/engine/action-number.ts';
import { Environment, type EnvironmentOptions } from '../sim/engine/environment.ts';
import type { Policy } from '../sim/engine/policy.ts';
import { taskOf } from '../sim/engine/task-registry.ts';
import { type RolloutResult, thingsField } from './results.ts';
import type { RolloutTrajectory } from './trajectory-file.ts';

export interface Rollout {
  trajectory: RolloutTrajectory;
  /** When the task counted as done, else when the episode ended. */
  timeS: number;
  delivered: number;
  /** Simulation, without waiting for anything. */
  physics: ThreadTime;
}

/** Drives until the episode is over or an action is none. `loadTask` must have been awaited. */
export async function runRollout(
  condition: Condition,
  policy: Policy,
  options: EnvironmentOptions,
): Promise<Rollout> {
  const run = new Environment(condition.start, options);
  const physics = { wallS: 0, cpuS: 0 };
  const queryFrames: number[] = [];
  let bad = '';
  try {
    await run.begin(policy, condition.key);
    while (!bad && !run.isOver()) {
      const answer = await policy.act(run.observe());
      if (answer.queried) queryFrames.push(run.frames);
      bad = badAction(answer.action, run);
      const from = threadTime();
      run.act(answer.action, answer);
      addSince(physics, from);
    }
    const { world } = run;
    const trajectory: RolloutTrajectory = {
      ...run.trajectory(),
      ...(bad ? { outcome: 'bad-action' as const, detail: bad } : {}),
      condition: condition.key,
      actions: run.askedActions(),
      queryFrames: Uint32Array.from(queryFrames),
    };
    return { trajectory, timeS: run.successS ?? world.timeS, delivered: world.progress.done, physics };
  } finally {
    run.dispose();
  }
}

function badAction(action: ArrayLike<number>, { frames, spec }: Environment): string {
  for (const [i, name] of spec.actionNames.entries())
    if (!isActionNumber(action[i])) return `bad-action at frame ${frames}: ${name} was ${action[i]}`;
  return '';
}

/** The line that a rollout leaves. @param file relative path of the stored trajectory */
export function rolloutResult(condition: Condition, rollout: Rollout, file: string): RolloutResult {
  const { trajectory, timeS, delivered } = rollout;
  const { outcome, frames } = trajectory;
  const success = outcome === 'success';
  return {
    ...conditionFields(condition),
    status: success ? 'success' : 'failure',
    outcome,
    time_s: rounded(timeS, 3),
    frames,
    path_m: rounded(pathM(trajectory), 3),
    delivered,
    queries: trajectory.queryFrames.length,
    failure: success ? null : taskOf(trajectory.start).failures.label(trajectory),
    trajectory: file,
    final_state_hash: trajectory.finalStateHash,
    error: null,
  };
}

/** The line of a rollout that crashed or hung twice. */
export function errorResult(condition: Condition, message: string): RolloutResult {
  return {
    ...conditionFields(condition),
    status: 'error',
    outcome: '',
    time_s: 0,
    frames: 0,
    path_m: 0,
    delivered: 0,
    queries: 0,
    failure: null,
    trajectory: null,
    final_state_hash: '',
    error: message.split('\n')[0],
  };
}

function conditionFields({ key, scenario, scenarioHash, seed, slot, start }: Condition) {
  return {
    condition: key,
    scenario,
    scenario_hash: scenarioHash,
    seed,
    slot,
    ...thingsField(taskOf(start).count(start)),
  };
}

/** What the robot drove, from frame to frame. */
function pathM({ start, poses, frames }: RolloutTrajectory): number {
  const size = taskOf(start).poseSize(start);
  let sum = 0;
  for (let at = size; at < frames * size; at += size) {
    const dx = poses[at] - poses[at - size];
    const dz = poses[at + 1] - poses[at + 1 - size];
    sum += Math.sqrt(dx * dx + dz * dz);
  }
  return sum;
}
