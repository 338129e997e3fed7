/**
 * What the expert does from a student's state: an episode of its own, which begins there. A policy predicts chunks, and
 * the label of a chunk is the expert's own plan from that state: the actions along the student's path are not (each is
 * the expert's answer to where the student went next). So the student's frames are left out, and no chunk crosses a
 * switch of drivers, because there is none in the episode.
 */
import { EpisodeRun } from '../../sim/engine/episode-run.ts';
import type { Trajectory } from '../../sim/engine/trajectory.ts';
import type { EpisodeStart } from '../../sim/tasks/collect-bricks/episode-start.ts';
import { expertAction, expertView } from '../../sim/tasks/collect-bricks/expert/expert.ts';
import type { AttemptFormat } from './expert.ts';

/**
 * The expert drives to the end, which is what `outcome` tells; only the first `windowS` seconds are kept.
 * `loadPhysics` must have been awaited.
 */
export function forkEpisode(
  start: EpisodeStart,
  { fps, state, windowS }: AttemptFormat & { windowS: number },
): Trajectory {
  const run = new EpisodeRun(start, { fps, state });
  const window = Math.max(1, Math.round(windowS * fps));
  let kept: Trajectory | undefined;
  try {
    while (!run.isOver()) {
      if (run.frames === window) kept = run.trajectory();
      const { action, phase } = expertAction(expertView(run.world));
      run.act(action, phase, { source: 'dagger' });
    }
    const whole = run.trajectory();
    const { outcome, detail } = whole;
    return { ...(kept ?? whole), outcome, detail };
  } finally {
    run.dispose();
  }
}
