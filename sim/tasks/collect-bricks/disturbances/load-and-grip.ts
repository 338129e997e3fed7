/** Disturbances of what is carried and of what the wheels stand on. */
import type { EpisodeEvent } from '../start.ts';
import { execute } from './controls.ts';
import type { Disturbance } from './disturbance.ts';

export const SPILL_RANGE = {
  /** Below 3 m/s most of a load falls back into the bucket. */
  shakeMps: { min: 3, max: 4.5 },
  tipS: { min: 0.8, max: 1.8 },
} as const;
export const SLIP_RANGE = { grip: { min: 0.03, max: 0.3 }, lastsS: { min: 1, max: 4 } } as const;

/** The load is shaken out, or tipped out on the way. */
export const spill: Disturbance = {
  moment: 'carrying',
  apply: (world, rng, fps) => {
    if (rng.unit() < 0.5) {
      const { min, max } = SPILL_RANGE.tipS;
      const tipped = execute(world, rng.range(min, max), fps, (asked) => [asked[0], asked[1], -1, asked[3]]);
      const isLost = world.bricks().every((brick) => !brick.inBucket);
      return isLost ? tipped : null;
    }
    const start = world.startNow();
    const speedMps = rng.range(SPILL_RANGE.shakeMps.min, SPILL_RANGE.shakeMps.max);
    const effect = { type: 'shake-bucket', speedMps, sideways: rng.range(-0.6, 0.6) } as const;
    return { ...start, events: [...start.events, now(effect)] };
  },
};

/** The wheels have lost their grip for a while: the loader drives on, and turns on, as it did. */
export const slip: Disturbance = {
  moment: 'any',
  apply: (world, rng) => {
    const start = world.startNow();
    const grip = rng.range(SLIP_RANGE.grip.min, SLIP_RANGE.grip.max);
    const durationS = rng.range(SLIP_RANGE.lastsS.min, SLIP_RANGE.lastsS.max);
    return { ...start, events: [...start.events, now({ type: 'slip', grip, durationS })] };
  },
};

const now = (effect: EpisodeEvent['effect']): EpisodeEvent => ({ trigger: { type: 'time', atS: 0 }, effect });
