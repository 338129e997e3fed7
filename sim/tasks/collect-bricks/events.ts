/** Timed events: impulses and losses of grip that disturb an episode. Nothing is ever attached or teleported. */

import { cos, sin } from '../../engine/math.ts';
import type { RAPIER } from '../../engine/physics.ts';
import { isInBucket, type LoaderPose } from '../../robots/wheel-loader/loader-pose.ts';
import type { EpisodeEvent } from './start.ts';

/** A load counts as carried from this lift on. */
export const CARRYING_LIFT_M = 0.5;
/** A shake throws upwards this many times as fast as forwards, to clear the lip of the curled bucket. */
const SHAKE_UP = 0.9;

/** Whether the event fires now. `carriedS`: for how long the load has been carried. */
export function isEventDue(event: EpisodeEvent, timeS: number, carriedS: number): boolean {
  const { trigger } = event;
  return trigger.type === 'time' ? timeS >= trigger.atS : carriedS > 0 && carriedS >= trigger.afterS;
}

/** The events that have not fired or still act, counted from now. `carriedS`: for how long a load has been carried. */
export function remainingEvents(
  events: readonly EpisodeEvent[],
  fired: readonly boolean[],
  nowS: number,
  carriedS: number,
): EpisodeEvent[] {
  return events
    .filter((event, i) => !fired[i] || isSlipping(event, nowS))
    .map(({ trigger, effect }) => ({
      trigger:
        trigger.type === 'time'
          ? { type: 'time', atS: trigger.atS - nowS }
          : { type: 'carrying', afterS: Math.max(0, trigger.afterS - carriedS) },
      effect,
    }));
}

/** Applies the event's impulses to bricks, and returns the yaw rate that it kicks the loader by (rad/s). */
export function fireEvent(
  event: EpisodeEvent,
  pose: LoaderPose,
  bricks: readonly RAPIER.RigidBody[],
): number {
  const { effect } = event;
  if (effect.type === 'kick-loader') return effect.yawRateRadps;
  if (effect.type === 'slip') return 0; // acts for as long as it lasts: see gripNow
  if (effect.type === 'push-brick') {
    const brick = bricks[effect.brick];
    if (brick) throwBrick(brick, effect.directionRad, effect.speedMps, 0, 0);
    return 0;
  }
  for (const brick of bricks) {
    const at = brick.translation();
    if (!isInBucket(pose, at.x, at.y, at.z)) continue;
    throwBrick(brick, pose.headingRad, effect.speedMps, effect.sideways, SHAKE_UP);
  }
  return 0;
}

/** What the events leave of the wheels' grip at a time, in [0, 1]. A slip is told by the time alone. */
export function gripNow(events: readonly EpisodeEvent[], timeS: number): number {
  let grip = 1;
  for (const event of events)
    if (event.effect.type === 'slip' && isSlipping(event, timeS)) grip *= event.effect.grip;
  return grip;
}

function isSlipping({ trigger, effect }: EpisodeEvent, timeS: number): boolean {
  if (effect.type !== 'slip' || trigger.type !== 'time') return false;
  return timeS >= trigger.atS && timeS < trigger.atS + effect.durationS;
}

function throwBrick(
  brick: RAPIER.RigidBody,
  directionRad: number,
  speedMps: number,
  sideways: number,
  up: number,
): void {
  const s = sin(directionRad);
  const c = cos(directionRad);
  const momentum = brick.mass() * speedMps;
  brick.applyImpulse(
    { x: momentum * (s + c * sideways), y: momentum * up, z: momentum * (c - s * sideways) },
    true,
  );
}
