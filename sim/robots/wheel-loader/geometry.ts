/**
 * Sizes and limits of the wheel loader. Metres, y up; with heading h it drives towards (x, z) = (sin h, cos h).
 */

/** Chassis and bucket are a little narrower than the lane of 1.0 m between box and walls, which they must enter. */
export const LOADER = {
  chassisWidthM: 0.8,
  chassisLengthM: 1.4,
  chassisHeightM: 0.7,
  /** Lying bricks pass under the chassis; with less, one caught before the box kept the loader from driving in. */
  groundClearanceM: 0.25,
  massKg: 500,
  maxSpeedMps: 1.5,
  accelerationMps2: 3,
  yawRateRadps: 0.7,
  yawRatePerSpeedRadps: 0.5,
  yawAccelerationRadps2: 6,
  liftSpeedMps: 0.5,
  liftMaxM: 1.0,
  tiltSpeedRadps: 0.9,
  tiltMinRad: -0.9,
  tiltMaxRad: 0.7,
} as const;

/** The bucket's frame: origin at the pivot, `pivotForwardM` ahead of the chassis centre. */
export const BUCKET = {
  pivotForwardM: 0.75,
  widthM: 0.9,
  floorDepthM: 0.56,
  lipDepthM: 0.2,
  lipHeightM: 0.03,
  /** Lower than 0.4 m, where the level, raised bucket hid a load at its back from the camera. */
  backHeightM: 0.3,
  sideHeightM: 0.3,
} as const;

/** Camera on the loader, in the chassis frame; scenarios may shift it. */
export const EGO_CAMERA = {
  forwardM: 0.1,
  heightM: 2.2,
  pitchRad: -0.6108652381980153, // -35 degrees
  verticalFovRad: 1.3962634015954636, // 80 degrees
} as const;
