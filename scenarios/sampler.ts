/**
 * Draws the start of an episode from a scenario. Geometry alone decides: no expert is asked whether it can solve
 * it, and the same stream gives the same start on every machine. Layout, brick sizes and colours, physics, events
 * and looks have streams of their own, so that changing the light of a scenario never moves its bricks.
 */

import { PI } from '../sim/engine/math.ts';
import { Rng } from '../sim/engine/rng.ts';
import { colorRgb } from '../sim/engine/scenario/color.ts';
import { drawCount, drawQuantity } from '../sim/engine/scenario/quantity.ts';
import { Refusals } from '../sim/engine/scenario/refusals.ts';
import { InputError } from '../sim/errors.ts';
import type {
  BrickStart,
  BricksStart,
  EpisodeEvent,
  LoaderStart,
  PhysicsSpec,
} from '../sim/tasks/collect-bricks/start.ts';
import { type BrickPlace, type BrickSize, placeGroup } from './placement-brick.ts';
import { placeLoader } from './placement-loader.ts';
import type { Scenario } from './schema.ts';
import { drawVisual } from './visual-draw.ts';

/** Who asks for a start: evaluation never sees the starts of generation, nor a preview either. */
export interface SeedStream {
  namespace: 'gen' | 'eval' | 'preview';
  seed: number;
  /** Number of the episode within its scenario; `each` wall and corner takes turns by it. */
  slot: number;
  /** 0, then 1 more each time that the slot had to be tried again. */
  attempt: number;
}

/** Whole layouts drawn, and places proposed for each thing in one, before a scenario is said to have no room. */
export const SAMPLER_BOUNDS = { layouts: 100, placesPerThing: 200 } as const;

/**
 * One start, as everything downstream needs it.
 * @throws InputError when the scenario has no room for what it asks.
 */
export function sampleStart(scenario: Scenario, stream: SeedStream): BricksStart {
  const { namespace, seed, slot, attempt } = stream;
  const rng = (part: string) => Rng.from(namespace, seed, scenario.name, slot, attempt, part);
  const groups = drawBricks(scenario, rng('bricks'));
  const { loader, places } = drawLayout(scenario, groups, slot, rng('layout'));
  const bricks = groups.flat().map((brick, i): BrickStart => {
    const { xM, yM, zM, yawRad } = places[i];
    return { xM, yM, zM, yawRad, ...brick };
  });
  return {
    scenario: scenario.name,
    seed: `${namespace}/${seed}/${slot}/${attempt}`,
    task: scenario.task,
    loader,
    bricks,
    physics: drawPhysics(scenario, rng('physics')),
    events: drawEvents(scenario, rng('events')),
    visual: drawVisual(scenario.visual, rng('visual')),
    timeLimitS: timeLimitS(scenario, bricks.length),
    success: { restSpeedMps: scenario.success.rest_speed_mps, restS: scenario.success.rest_s },
  };
}

/** Seconds that an attempt with so many bricks has. */
export function timeLimitS(scenario: Scenario, bricks: number): number {
  const limit = scenario.time_limit_s;
  return typeof limit === 'number' ? limit : limit.first_brick_s + limit.further_brick_s * (bricks - 1);
}

type BrickLook = BrickSize & { colorRgb: [number, number, number] };

function drawBricks(scenario: Scenario, rng: Rng): BrickLook[][] {
  return scenario.bricks.map((group) =>
    Array.from({ length: drawCount(group.count, rng) }, () => ({
      lengthM: drawQuantity(group.size.length_m, rng),
      heightM: drawQuantity(group.size.height_m, rng),
      widthM: drawQuantity(group.size.width_m, rng),
      colorRgb: colorRgb(rng.pick(group.colors)),
    })),
  );
}

function drawLayout(scenario: Scenario, groups: BrickSize[][], slot: number, rng: Rng) {
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
  throw new InputError(noRoom(scenario, stuck, groups, refusals));
}

function noRoom(scenario: Scenario, stuck: string, groups: BrickSize[][], refusals: Refusals): string {
  const index = Number(/\d+/.exec(stuck)?.[0] ?? -1);
  const what = index < 0 ? stuck : `${stuck} (${groups[index].length} of them)`;
  const { layouts, placesPerThing } = SAMPLER_BOUNDS;
  const remedy =
    index < 0 ? 'loosen its bounds' : 'ask for fewer or smaller bricks, or loosen where they may be';
  return (
    `scenario ${scenario.name}: no room for ${what} in ${layouts} layouts of ${placesPerThing} tries each, ` +
    `because ${refusals.mostTelling(stuck)}; ${remedy}`
  );
}

function drawPhysics({ physics }: Scenario, rng: Rng): PhysicsSpec {
  return {
    brickFriction: drawQuantity(physics.brick_friction, rng),
    floorFriction: drawQuantity(physics.floor_friction, rng),
    bucketFriction: drawQuantity(physics.bucket_friction, rng),
    brickDensityKgpm3: drawQuantity(physics.brick_density_kgpm3, rng),
    traction: drawQuantity(physics.traction, rng),
  };
}

function drawEvents(scenario: Scenario, rng: Rng): EpisodeEvent[] {
  return scenario.events
    .map((event) => ({ happens: rng.unit() < event.chance, event: drawEvent(event, rng) }))
    .filter(({ happens }) => happens)
    .map(({ event }) => event);
}

function drawEvent({ when, do: effect }: Scenario['events'][number], rng: Rng): EpisodeEvent {
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
