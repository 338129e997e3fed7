/** A robot with two controls and no physics engine: a puck that glides where it is pushed. */
import { clamp } from 'brickyard/sim/engine/math.ts';
import type { Robot } from 'brickyard/sim/engine/robot.ts';

export const PUCK: Robot = {
  name: 'puck',
  noun: 'puck',
  actionNames: ['push_x', 'push_z'],
  positive: ['left', 'forward'],
  noiseAmplitude: [0.5, 0.5],
  cameras: [{ name: 'ego', key: 'observation.images.ego' }],
};

export const GROUND_HALF_M = 4;
const PUSH_MPS2 = 4;
/** Share of its speed that the puck keeps after one physics step. */
const GLIDE = 0.98;

export interface PuckState {
  xM: number;
  zM: number;
  velocityMps: [x: number, z: number];
}

/** Moves for one physics step; the edge of the ground stops it. */
export function glide(puck: PuckState, action: ArrayLike<number>, stepS: number): void {
  const [x, z] = puck.velocityMps.map((speed, i) => speed * GLIDE + action[i] * PUSH_MPS2 * stepS);
  puck.velocityMps = [x, z];
  puck.xM = clamp(puck.xM + x * stepS, -GROUND_HALF_M, GROUND_HALF_M);
  puck.zM = clamp(puck.zM + z * stepS, -GROUND_HALF_M, GROUND_HALF_M);
}
