/**
 * The physics engine: Rapier's deterministic build, whose results are the same to the bit on every machine.
 * The WASM is inlined in the package, so that it loads alike in Node, in a worker thread and in a page.
 */
import RAPIER from '@dimforge/rapier3d-deterministic-compat';
import { PHYSICS_HZ } from './control-period.ts';

/** Seconds of one physics step. */
export const PHYSICS_STEP_S = 1 / PHYSICS_HZ;

let loading: Promise<void> | undefined;

/** Makes the engine ready; every call after the first waits for the same load. Await it before World.create. */
export function loadPhysics(): Promise<void> {
  loading ??= RAPIER.init();
  return loading;
}

export { RAPIER };
