/** Collecting LEGO bricks: a wheel loader scoops them up and tips them into a box. */
import type { MapShape } from '../../engine/map.ts';
import type { Task } from '../../engine/task.ts';
import { WHEEL_LOADER } from '../../robots/wheel-loader/loader.ts';
import { type AimedPlace, BRICKS_AIMING } from './aiming.ts';
import { DISTURBANCES } from './disturbances/kinds.ts';
import { expertNow } from './expert/expert.ts';
import { labelFailure } from './failures/label.ts';
import { LABEL_MEANINGS } from './failures/labels.ts';
import { ARENA_HALF_M, BOX, BOX_OUTER_HALF_M } from './geometry.ts';
import { BricksHandoverWatch, HANDOVER_DEFAULTS } from './handover.ts';
import { STATE_LAYOUTS } from './observation.ts';
import { PHASES } from './phases.ts';
import { taskScenarios } from './scenario.ts';
import type { BricksStart } from './start.ts';
import { poseSize, startPoses } from './start-poses.ts';
import { BricksWorld } from './world.ts';

/** More than any scenario has: a start that somebody else stored may say anything. */
const MAX_STORED_BRICKS = 200;

export const task: Task<BricksStart, BricksWorld, AimedPlace> = {
  name: taskScenarios.taskName,
  robot: WHEEL_LOADER,
  thing: taskScenarios.thing,
  stateLayouts: STATE_LAYOUTS,
  phases: PHASES,
  createWorld: (start) => BricksWorld.create(start),
  startFault(start) {
    const { bricks } = start as Partial<BricksStart>;
    const count = Array.isArray(bricks) ? bricks.length : 0;
    if (count >= 1 && count <= MAX_STORED_BRICKS) return undefined;
    return `its start has ${count} bricks, wanted 1 to ${MAX_STORED_BRICKS}`;
  },
  count: ({ bricks }) => bricks.length,
  poseSize: ({ bricks }) => poseSize(bricks.length),
  startPoses,
  expert: (world) => expertNow(world).action,
  phase: (world) => expertNow(world).phase,
  disturbances: DISTURBANCES,
  handover: { watch: (fps) => new BricksHandoverWatch(fps), limits: HANDOVER_DEFAULTS },
  aiming: BRICKS_AIMING,
  failures: { meanings: LABEL_MEANINGS, label: labelFailure },
  map: {
    halfM: ARENA_HALF_M,
    ground: [
      square('floor', 0, 0, ARENA_HALF_M),
      square('goal', BOX.centreXM, BOX.centreZM, BOX_OUTER_HALF_M),
      square('floor', BOX.centreXM, BOX.centreZM, BOX.innerHalfM),
    ],
    things: ({ bricks }) => bricks.map(({ xM, zM }) => square('thing', xM, zM, 0.17)),
  },
};

function square(kind: MapShape['kind'], xM: number, zM: number, halfM: number): MapShape {
  return { kind, xM, zM, widthM: 2 * halfM, depthM: 2 * halfM };
}
