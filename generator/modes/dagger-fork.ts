/**
 * What the expert does from a student's state: an episode of its own, which begins there. A policy predicts chunks, and
 * the label of a chunk is the expert's own plan from that state: the actions along the student's path are not (each is
 * the expert's answer to where the student went next). So the student's frames are left out, and no chunk crosses a
 * switch of drivers, because there is none in the episode.
 */
import { Environment } from '../../sim/engine/environment.ts';
import type { EpisodeStart } from '../../sim/engine/episode-start.ts';
import { expertPolicy } from '../../sim/engine/policies.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import type { AttemptFormat } from './expert.ts';

/**
 * The expert drives to the end, which is what `outcome` tells; only the first `windowS` seconds are kept.
 * `loadTask` must have been awaited.
 */
export function forkEpisode(
  start: EpisodeStart,
  { fps, state, windowS }: AttemptFormat & { windowS: number },
): Trajectory {
  const run = new Environment(start, { fps, state });
  const window = Math.max(1, Math.round(windowS * fps));
  const policy = expertPolicy('dagger');
  let kept: Trajectory | undefined;
  try {
    run.begin(policy, start.seed);
    while (!run.isOver()) {
      if (run.frames === window) kept = run.trajectory();
      const answer = policy.act(run.observe());
      run.act(answer.action, answer);
    }
    const whole = run.trajectory();
    const { outcome, detail } = whole;
    return { ...(kept ?? whole), outcome, detail };
  } finally {
    run.dispose();
  }
}
