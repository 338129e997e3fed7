/**
 * Everything that makes one episode what it is, as plain data: what a scenario yields when it is drawn with a
 * seed, what the simulator starts from, what the scene is built from, and what is stored so that the episode can
 * be run or drawn again. JSON-safe: finite numbers, strings, arrays and objects only.
 */

export interface LoaderStart {
  xM: number;
  zM: number;
  /** 0 faces +z; positive turns towards +x. */
  headingRad: number;
  liftM: number;
  tiltRad: number;
  /** Of a start taken from a running world; at rest when left out. */
  motion?: LoaderMotion;
}

export interface LoaderMotion {
  /** Of the chassis, along x and z. */
  velocityMps: [number, number];
  yawRateRadps: number;
  /** Yaw rate that the wheels ask for; contacts may have left another. */
  wheelYawRateRadps: number;
}

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

export interface VisualSpec {
  /** sRGB multipliers of the whole picture, 1 = neutral. */
  tintRgb: [number, number, number];
  ambient: number;
  sunIntensity: number;
  sunAzimuthRad: number;
  sunElevationRad: number;
  floorRgb: [number, number, number];
  wallRgb: [number, number, number];
  /** Added to EGO_CAMERA. */
  camera: {
    forwardM: number;
    sidewaysM: number;
    heightM: number;
    pitchRad: number;
    yawRad: number;
    fovRad: number;
  };
}

export interface SuccessCriteria {
  /** Every brick lies inside the box, slower than this … */
  restSpeedMps: number;
  /** … for this long. */
  restS: number;
}

export interface EpisodeStart {
  scenario: string;
  /** The stream the start was drawn from, in words: namespace/seed/slot/attempt. */
  seed: string;
  /** The instruction given to language-conditioned policies. */
  task: string;
  loader: LoaderStart;
  bricks: BrickStart[];
  physics: PhysicsSpec;
  events: EpisodeEvent[];
  visual: VisualSpec;
  timeLimitS: number;
  success: SuccessCriteria;
  /** Set where the episode begins in the middle of another one that was disturbed. */
  disturbed?: Disturbed;
}

export interface Disturbed {
  /** What happened: one of the generator's kinds of disturbance. */
  by: string;
  /** When, in seconds after the start of the episode that was disturbed. */
  atS: number;
}
