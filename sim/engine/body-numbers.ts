/** What of a body is part of a state. */
import type { RAPIER } from './physics.ts';

/** Place, rotation, velocity and spin: 13 numbers. */
export function bodyNumbers(body: RAPIER.RigidBody): number[] {
  const at = body.translation();
  const q = body.rotation();
  const v = body.linvel();
  const w = body.angvel();
  return [at.x, at.y, at.z, q.x, q.y, q.z, q.w, v.x, v.y, v.z, w.x, w.y, w.z];
}
