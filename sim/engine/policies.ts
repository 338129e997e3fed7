/** Policies that need nothing but the episode: the expert, doing nothing, chance, a recording. */
import type { Answer, Episode, Observation, SyncPolicy } from './policy.ts';
import { Rng } from './rng.ts';
import { taskOf } from './task-registry.ts';
import type { Source } from './trajectory.ts';

/**
 * A policy that answers frame by frame.
 * @param begin called at each reset; gives what answers in that episode, with all that it remembers
 * @param history frames that an answer depends on
 */
export function syncPolicy(
  begin: (episode: Episode) => (observation: Observation) => Answer,
  history = 1,
): SyncPolicy {
  let answer = (_: Observation): Answer => {
    throw new Error('a policy was asked to act before its first episode: call reset first');
  };
  return {
    actionSteps: 1,
    history,
    cameras: [],
    reset(episode) {
      answer = begin(episode);
    },
    act: (observation) => answer(observation),
  };
}

/** The task's own expert. @param source recorded with every frame */
export const expertPolicy = (source?: Source): SyncPolicy =>
  syncPolicy(({ start }) => {
    const task = taskOf(start);
    return ({ world }) => ({ action: task.expert(world), source });
  });

export const idlePolicy = (): SyncPolicy =>
  syncPolicy(({ spec }) => {
    const action = spec.actionNames.map(() => 0);
    return () => ({ action });
  });

/** Another action each frame, all of them equally likely. @param stream names the random numbers, with the episode's key */
export const randomPolicy = (stream: string): SyncPolicy =>
  syncPolicy(({ key, spec }) => {
    const rng = Rng.from(stream, key);
    return () => ({ action: spec.actionNames.map(() => rng.range(-1, 1)) });
  });

/** Recorded actions, frames x controls; after the last of them it does nothing. */
export const replayPolicy = (actions: Float32Array | Float64Array): SyncPolicy =>
  syncPolicy(({ spec }) => {
    const controls = spec.actionNames.length;
    const nothing = new Float32Array(controls);
    return ({ frame }) => {
      const at = frame * controls;
      return { action: at < actions.length ? actions.subarray(at, at + controls) : nothing };
    };
  });
