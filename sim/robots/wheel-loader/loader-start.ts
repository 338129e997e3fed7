/** How a loader begins an episode. */

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
