/** When an episode is disturbed: the expert drives up to a moment that is drawn, and the world stands there. */

import { LeadInFailure } from '../../../engine/disturbance.ts';
import type { Rng } from '../../../engine/rng.ts';
import { CARRYING_LIFT_M } from '../events.ts';
import { expertNow } from '../expert/expert.ts';
import type { BricksStart } from '../start.ts';
import { BricksWorld } from '../world.ts';

/** `any` time of the episode; `empty`: with nothing in the bucket; `carrying`: some time after a load was raised. */
export type Moment = 'any' | 'empty' | 'carrying';

/** About what the expert takes for a brick; what ends sooner is drawn again within what it took. */
const DRIVE_S_A_BRICK = 18;
/** A load is carried for about as long. */
const CARRY_S = 6;

/**
 * The world at the drawn moment, to be disposed of by whoever asked.
 * @throws LeadInFailure when the expert does not solve the undisturbed episode
 */
export function driveTo(moment: Moment, start: BricksStart, rng: Rng, fps: number): BricksWorld {
  const share = rng.unit();
  const bricks = start.bricks.length;
  if (moment === 'carrying') {
    const load = 1 + Math.floor(share * bricks);
    const afterS = rng.range(0, CARRY_S);
    const first = drive(start, fps, isCarrying(load, afterS));
    // Two bricks may have come with one load: then the last load is taken.
    return (
      reached(first) ?? reached(drive(start, fps, isCarrying(Math.max(1, first.loads), 0))) ?? failed(start)
    );
  }
  const isNow = (atS: number) => (world: BricksWorld) =>
    world.timeS >= atS && (moment === 'any' || !world.bricks().some((brick) => brick.inBucket));
  const first = drive(start, fps, isNow(share * bricks * DRIVE_S_A_BRICK));
  return reached(first) ?? reached(drive(start, fps, isNow(share * first.endS))) ?? failed(start);
}

interface Drive {
  /** Null when the episode was over before. */
  world: BricksWorld | null;
  endS: number;
  loads: number;
}

type IsNow = (world: BricksWorld, load: { number: number; carriedS: number }) => boolean;

const isCarrying =
  (load: number, afterS: number): IsNow =>
  (_, now) =>
    now.number >= load && now.carriedS > 0 && now.carriedS >= afterS;

/** Drives until it is the moment, or all is done, or the time is up. */
function drive(start: BricksStart, fps: number, isNow: IsNow): Drive {
  const world = BricksWorld.create(start);
  const load = { number: 0, carriedS: 0 };
  while (!isNow(world, load)) {
    if (world.isDone || world.timeS >= start.timeLimitS) {
      const endS = world.timeS;
      world.dispose();
      return { world: null, endS, loads: load.number };
    }
    world.step(expertNow(world).action, 1 / fps);
    const carrying = world.loader.liftM >= CARRYING_LIFT_M && world.bricks().some((brick) => brick.inBucket);
    if (carrying && load.carriedS === 0) load.number++;
    load.carriedS = carrying ? load.carriedS + 1 / fps : 0;
  }
  return { world, endS: world.timeS, loads: load.number };
}

const reached = ({ world }: Drive): BricksWorld | null => world;

function failed(start: BricksStart): never {
  throw new LeadInFailure(`the undisturbed episode of ${start.scenario} was not solved`);
}
