/**
 * A student that takes turns with the expert (DAgger, Ross et al. 2011). The expert's action is the label of every
 * frame; what drives is the student's, but for a share of the plans that is drawn.
 */
import type { Answer, Observation, Policy } from '../../sim/engine/policy.ts';
import type { Rng } from '../../sim/engine/rng.ts';
import { taskOf } from '../../sim/engine/task-registry.ts';

export interface MixtureOptions {
  student: Policy;
  /**
   * Probability that the expert drives instead, drawn anew whenever the student plans: with chunks, as single frames of
   * it would undo nothing; in each frame where the student averages.
   */
  beta: number;
  /** Where an episode's draws come from; called when it begins. */
  rng: () => Rng;
}

export function mixedWithExpert({ student, beta, rng }: MixtureOptions): Policy {
  const { actionSteps, history, cameras } = student;
  let draws: Rng;
  let byStudent = false;
  return {
    actionSteps,
    history,
    cameras,
    reset(episode) {
      draws = rng();
      return student.reset(episode);
    },
    /** `executed` is there where the student drives. */
    async act(observation: Observation): Promise<Answer> {
      const { frame, world } = observation;
      if (frame % actionSteps === 0) byStudent = draws.unit() >= beta;
      // One with a history is asked in every frame, as in a rollout: what it sees meanwhile counts later.
      const answer = byStudent || history > 1 ? await student.act(observation) : undefined;
      const action = taskOf(world.start).expert(world);
      const executed = byStudent ? answer?.action : undefined;
      return { action, executed, queried: answer?.queried };
    },
  };
}
