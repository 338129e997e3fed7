/** What of a body is part of a state: as numbers to hash, and as a start has it. */
import type { RAPIER } from './physics.ts';

/** Place, rotation, velocity and spin: 13 numbers. */
export function bodyNumbers(body: RAPIER.RigidBody): number[] {
  const at = body.translation();
  const q = body.rotation();
  const v = body.linvel();
  const w = body.angvel();
  return [at.x, at.y, at.z, q.x, q.y, q.z, q.w, v.x, v.y, v.z, w.x, w.y, w.z];
}

export interface BodyState {
  xM: number;
  yM: number;
  zM: number;
  /** A quaternion: x, y, z, w. */
  rotation: [number, number, number, number];
  motion: { velocityMps: [number, number, number]; spinRadps: [number, number, number] };
}

/** Where the body is now and how it moves, for a start that begins from here. */
export function bodyNow(body: RAPIER.RigidBody): BodyState {
  const [xM, yM, zM, qx, qy, qz, qw, vx, vy, vz, wx, wy, wz] = bodyNumbers(body);
  return {
    ...{ xM, yM, zM, rotation: [qx, qy, qz, qw] },
    motion: { velocityMps: [vx, vy, vz], spinRadps: [wx, wy, wz] },
  };
}
