/** Disturbances that drive: for a while something else is executed than what the expert asks for. */
import { ACTION_SIZE } from '../../../robots/wheel-loader/loader.ts';
import { expertNow } from '../expert/expert.ts';
import type { BricksWorld } from '../world.ts';
import type { Disturbance } from './disturbance.ts';

export const DELAY_RANGE = { lagS: { min: 0.2, max: 0.6 }, lastsS: { min: 2, max: 5 } } as const;
export const JAM_RANGE = { lastsS: { min: 0.6, max: 1.8 } } as const;

/** What is asked for is done some tenths of a second later. */
export const delay: Disturbance = {
  moment: 'any',
  apply(world, rng, fps) {
    const lag = Math.max(1, Math.round(rng.range(DELAY_RANGE.lagS.min, DELAY_RANGE.lagS.max) * fps));
    const waiting: (readonly number[])[] = Array.from({ length: lag }, () => expertNow(world).action);
    return execute(world, rng.range(DELAY_RANGE.lastsS.min, DELAY_RANGE.lastsS.max), fps, (asked) => {
      waiting.push(asked);
      return waiting.shift() ?? asked;
    });
  },
};

/** One control stays where it is, or at an end of its range, or anywhere. */
export const jam: Disturbance = {
  moment: 'any',
  apply(world, rng, fps) {
    const control = rng.integer(0, ACTION_SIZE - 1);
    const now = expertNow(world).action[control];
    const stuckAt = rng.pick([now, -1, 1, rng.range(-1, 1)]);
    return execute(world, rng.range(JAM_RANGE.lastsS.min, JAM_RANGE.lastsS.max), fps, (asked) =>
      asked.map((value, i) => (i === control ? stuckAt : value)),
    );
  },
};

/** Drives for a while with what `executed` makes of the expert's actions, and takes the state that this ends in. */
export function execute(
  world: BricksWorld,
  durationS: number,
  fps: number,
  executed: (asked: readonly number[]) => readonly number[],
) {
  const frames = Math.round(durationS * fps);
  for (let i = 0; i < frames; i++) {
    const action = executed([...expertNow(world).action]);
    world.step(
      action.map((value) => Math.max(-1, Math.min(1, value))),
      1 / fps,
    );
  }
  return world.startNow();
}
