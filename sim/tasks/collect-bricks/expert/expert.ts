/**
 * The expert: a deterministic, memoryless function of what camera and state reveal now. It has no clock and no
 * hidden phase, so that it can be asked from any state, and everything it does can be learned from what the
 * student sees. What it must remember is carried by what can be seen: tilt, lift, load, place.
 */

import { clamp } from '../../../engine/math.ts';
import { oncePerFrame } from '../../../engine/once-per-frame.ts';
import type { Phase } from '../phases.ts';
import type { BricksWorld } from '../world.ts';
import { approach, chooseTarget, driveOn, isEntering, isScoopable, scoop } from './collect.ts';
import {
  CARRY_TILT_RAD,
  clearBox,
  type Decision,
  deliver,
  isTipping,
  perchedOnRim,
  pushOverRim,
} from './deliver.ts';
import { search } from './search.ts';
import { type ExpertView, expertView } from './view.ts';

export { type ExpertView, expertView, type SeenBrick } from './view.ts';

export type Action = [number, number, number, number];

/** Lower than this the bucket is down. */
const DOWN_M = 0.05;

/** The action (steering, throttle, bucket, lift in [-1, 1]) and what it is part of. */
export function expertAction(view: ExpertView): { action: Action; phase: Phase } {
  const { steering, throttle, bucket, lift, phase } = decide(view);
  return { action: [steering, throttle, bucket, lift].map((v) => clamp(v, -1, 1)) as Action, phase };
}

/** What the expert does in the world as it is now. */
export const expertNow = oncePerFrame((world: BricksWorld) => expertAction(expertView(world)));

function decide(view: ExpertView): Decision {
  const { loader } = view;
  const loaded = view.bricks.some((brick) => brick.inBucket);
  if (isTipping(view) || (loaded && (loader.liftM > DOWN_M || loader.tiltRad > CARRY_TILT_RAD)))
    return deliver(view);
  if (isScoopable(view) && loader.liftM <= DOWN_M) return scoop(view);
  if (perchedOnRim(view)) return pushOverRim(view);
  if (loader.liftM > DOWN_M) return clearBox(view);
  if (isEntering(view)) return driveOn(view);
  const target = chooseTarget(view);
  if (target) return approach(view, target);
  return idleOrSearch(view);
}

/** Level and lower; look for what remains. */
function idleOrSearch(view: ExpertView): Decision {
  const { loader } = view;
  const bucket = Math.abs(loader.tiltRad) < 0.01 ? 0 : clamp(-4 * loader.tiltRad, -1, 1);
  const lift = loader.liftM > 0.001 ? -1 : 0;
  if (view.remaining === 0) return { steering: 0, throttle: 0, bucket, lift, phase: 'lower' };
  return { ...search(loader), bucket, lift, phase: 'search' };
}
