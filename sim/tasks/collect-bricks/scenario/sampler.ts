/**
 * Draws a start of this task. Layout, brick sizes and colours, physics and events have streams of their own, so that
 * changing the light of a scenario never moves its bricks.
 */

import { PI } from '../../../engine/math.ts';
import type { Rng } from '../../../engine/rng.ts';
import { colorRgb } from '../../../engine/scenario/color.ts';
import { type Count, drawCount, drawQuantity, quantityRange } from '../../../engine/scenario/quantity.ts';
import { Refusals } from '../../../engine/scenario/refusals.ts';
import type { Draw, Drawn } from '../../../engine/scenario/task-scenarios.ts';
import { InputError } from '../../../errors.ts';
import type { BrickStart, BricksStart, EpisodeEvent, LoaderStart, PhysicsSpec } from '../start.ts';
import { type BrickPlace, type BrickSize, placeGroup } from './placement-brick.ts';
import { placeLoader } from './placement-loader.ts';
import type { BricksScenario } from './schema.ts';

/** Whole layouts drawn, and places proposed for each thing in one, before a scenario is said to have no room. */
export const SAMPLER_BOUNDS = { layouts: 100, placesPerThing: 200 } as const;

/** What this task adds to a start. Throws InputError when the scenario has no room for what it asks. */
export function drawStart(scenario: BricksScenario, { name, slot, rng }: Draw): Drawn<BricksStart> {
  const groups = drawBricks(scenario, rng('bricks'));
  const { loader, places } = drawLayout(scenario, name, groups, slot, rng('layout'));
  const bricks = groups.flat().map((brick, i): BrickStart => {
    const { xM, yM, zM, yawRad } = places[i];
    return { xM, yM, zM, yawRad, ...brick };
  });
  const physics = drawPhysics(scenario, rng('physics'));
  const events = drawEvents(scenario, rng('events'));
  return {
    part: { loader, bricks, physics, events },
    timeLimitS: timeLimitS(scenario, bricks.length),
    success: { restSpeedMps: scenario.success.rest_speed_mps, restS: scenario.success.rest_s },
  };
}

/** Seconds that an attempt with so many bricks has. */
export function timeLimitS(scenario: BricksScenario, bricks: number): number {
  const limit = scenario.time_limit_s;
  return typeof limit === 'number' ? limit : limit.first_brick_s + limit.further_brick_s * (bricks - 1);
}

type BrickLook = BrickSize & { colorRgb: [number, number, number] };

function drawBricks(scenario: BricksScenario, rng: Rng): BrickLook[][] {
  return scenario.bricks.map((group) =>
    Array.from({ length: drawCount(group.count, rng) }, () => ({
      lengthM: drawQuantity(group.size.length_m, rng),
      heightM: drawQuantity(group.size.height_m, rng),
      widthM: drawQuantity(group.size.width_m, rng),
      colorRgb: colorRgb(rng.pick(group.colors)),
    })),
  );
}

function drawLayout(scenario: BricksScenario, name: string, groups: BrickSize[][], slot: number, rng: Rng) {
  const refusals = new Refusals();
  const tries = SAMPLER_BOUNDS.placesPerThing;
  let stuck = '';
  for (let i = 0; i < SAMPLER_BOUNDS.layouts; i++) {
    const liftM = drawQuantity(scenario.loader.lift_m, rng);
    const tiltRad = drawQuantity(scenario.loader.tilt_rad, rng);
    const place = placeLoader(scenario.loader, liftM, slot, rng, refusals, tries);
    if (place === null) {
      stuck = 'the loader';
      continue;
    }
    const loader: LoaderStart = { ...place, liftM, tiltRad };
    const places: BrickPlace[] = [];
    const failed = groups.findIndex((sizes, index) => {
      const group = scenario.bricks[index];
      const subject = `bricks[${index}]`;
      const request = { group, subject, sizes, loader, placed: places, turn: slot, tries };
      const added = placeGroup(request, rng, refusals);
      if (added !== null) places.push(...added);
      return added === null;
    });
    if (failed < 0) return { loader, places };
    stuck = `bricks[${failed}]`;
  }
  throw new InputError(noRoom(name, stuck, groups, refusals));
}

function noRoom(name: string, stuck: string, groups: BrickSize[][], refusals: Refusals): string {
  const index = Number(/\d+/.exec(stuck)?.[0] ?? -1);
  const what = index < 0 ? stuck : `${stuck} (${groups[index].length} of them)`;
  const { layouts, placesPerThing } = SAMPLER_BOUNDS;
  const remedy =
    index < 0 ? 'loosen its bounds' : 'ask for fewer or smaller bricks, or loosen where they may be';
  return (
    `scenario ${name}: no room for ${what} in ${layouts} layouts of ${placesPerThing} tries each, ` +
    `because ${refusals.mostTelling(stuck)}; ${remedy}`
  );
}

function drawPhysics({ physics }: BricksScenario, rng: Rng): PhysicsSpec {
  return {
    brickFriction: drawQuantity(physics.brick_friction, rng),
    floorFriction: drawQuantity(physics.floor_friction, rng),
    bucketFriction: drawQuantity(physics.bucket_friction, rng),
    brickDensityKgpm3: drawQuantity(physics.brick_density_kgpm3, rng),
    traction: drawQuantity(physics.traction, rng),
  };
}

function drawEvents(scenario: BricksScenario, rng: Rng): EpisodeEvent[] {
  return scenario.events
    .map((event) => ({ happens: rng.unit() < event.chance, event: drawEvent(event, rng) }))
    .filter(({ happens }) => happens)
    .map(({ event }) => event);
}

function drawEvent({ when, do: effect }: BricksScenario['events'][number], rng: Rng): EpisodeEvent {
  const trigger: EpisodeEvent['trigger'] =
    'time_s' in when
      ? { type: 'time', atS: drawQuantity(when.time_s, rng) }
      : { type: 'carrying', afterS: drawQuantity(when.carrying_s, rng) };
  if ('shake_bucket' in effect) {
    const { speed_mps, sideways } = effect.shake_bucket;
    const speedMps = drawQuantity(speed_mps, rng);
    return { trigger, effect: { type: 'shake-bucket', speedMps, sideways: drawQuantity(sideways, rng) } };
  }
  if ('kick_loader' in effect) {
    const yawRateRadps = drawQuantity(effect.kick_loader.yaw_rate_radps, rng);
    return { trigger, effect: { type: 'kick-loader', yawRateRadps } };
  }
  const { brick, speed_mps, direction_deg } = effect.push_brick;
  const speedMps = drawQuantity(speed_mps, rng);
  const directionRad = (drawQuantity(direction_deg, rng) * PI) / 180;
  return { trigger, effect: { type: 'push-brick', brick, speedMps, directionRad } };
}

/** The fewest and the most bricks that a start may have. */
export function brickRange(scenario: BricksScenario): [least: number, most: number] {
  const ranges = scenario.bricks.map((group) => quantityRange(group.count as Count));
  return [ranges.reduce((sum, [low]) => sum + low, 0), ranges.reduce((sum, [, high]) => sum + high, 0)];
}

/** The same scenario with as many bricks as each group may have. */
export function fullest(scenario: BricksScenario): BricksScenario {
  const bricks = scenario.bricks.map((group) => ({ ...group, count: quantityRange(group.count)[1] }));
  return { ...scenario, bricks };
}
