/** What a start of this task has beside the engine's part: the loader, the bricks, physics, events and success. */
import type { EpisodeStart } from '../../engine/episode-start.ts';
import type { LoaderStart } from '../../robots/wheel-loader/loader-start.ts';

export type { LoaderStart } from '../../robots/wheel-loader/loader-start.ts';

export interface BrickStart {
  /** Centre of the brick. */
  xM: number;
  yM: number;
  zM: number;
  yawRad: number;
  /** x, y, z, w, in place of the yaw: of a brick that does not lie flat. */
  rotation?: [number, number, number, number];
  /** Of a start taken from a running world; at rest when left out. */
  motion?: BrickMotion;
  lengthM: number;
  heightM: number;
  widthM: number;
  /** Linear RGB is the scene's business: these are sRGB values in [0, 1]. */
  colorRgb: [number, number, number];
}

export interface BrickMotion {
  velocityMps: [number, number, number];
  spinRadps: [number, number, number];
}

export interface PhysicsSpec {
  brickFriction: number;
  floorFriction: number;
  bucketFriction: number;
  brickDensityKgpm3: number;
  /** 1 = full grip; scales the acceleration the wheels can give. */
  traction: number;
}

/** When an event fires: at a time, or once the load has been carried (lift >= 0.5 m) for a while. */
export type EventTrigger = { type: 'time'; atS: number } | { type: 'carrying'; afterS: number };

/** What an event does. Impulses, and grip that is lost: nothing is ever attached or teleported. */
export type EventEffect =
  /** Throws what lies in the bucket forwards and to a side, off the lip. */
  | { type: 'shake-bucket'; speedMps: number; sideways: number }
  /** Turns the loader about at once by a kick of yaw rate. */
  | { type: 'kick-loader'; yawRateRadps: number }
  /** Pushes brick number `brick` along the floor. */
  | { type: 'push-brick'; brick: number; speedMps: number; directionRad: number }
  /** The wheels keep only `grip` in [0, 1] of their acceleration for a while. Of use with a trigger by time. */
  | { type: 'slip'; grip: number; durationS: number };

export interface EpisodeEvent {
  trigger: EventTrigger;
  effect: EventEffect;
}

export interface SuccessCriteria extends Readonly<Record<string, number>> {
  /** Every brick lies inside the box, slower than this … */
  restSpeedMps: number;
  /** … for this long. */
  restS: number;
}

export interface BricksStart extends EpisodeStart {
  loader: LoaderStart;
  bricks: BrickStart[];
  physics: PhysicsSpec;
  events: EpisodeEvent[];
  success: SuccessCriteria;
}

/** What of a start is drawn. */
export type SceneStart = Pick<BricksStart, 'bricks' | 'visual'>;
