/** Pushing a ball into a goal: the second task of the wheel loader, and an example of a task that lies outside of the simulator. */
import type { Task } from 'brickyard/sim/engine/task.ts';
import { WHEEL_LOADER } from 'brickyard/sim/robots/wheel-loader/loader.ts';
import { DISTURBANCES } from './disturbances.ts';
import { expertNow, PHASES } from './expert.ts';
import { LABEL_MEANINGS, labelFailure } from './failures.ts';
import { BALL_RADIUS_M, RINK_M } from './geometry.ts';
import { BallHandoverWatch, HANDOVER_LIMITS } from './handover.ts';
import { STATE_LAYOUTS } from './observation.ts';
import { taskScenarios } from './scenario.ts';
import { type BallStart, POSE_SIZE, startPoses } from './start.ts';
import { BallWorld } from './world.ts';

export const task: Task<BallStart, BallWorld> = {
  name: taskScenarios.taskName,
  robot: WHEEL_LOADER,
  thing: taskScenarios.thing,
  stateLayouts: STATE_LAYOUTS,
  phases: PHASES,
  createWorld: (start) => new BallWorld(start),
  startFault(start) {
    const { loader, ball, goal, physics } = start as Partial<BallStart>;
    return loader && ball && goal && physics ? undefined : 'it has no loader, ball, goal or physics';
  },
  count: () => 1,
  poseSize: () => POSE_SIZE,
  startPoses,
  expert: (world) => expertNow(world).action,
  phase: (world) => expertNow(world).phase,
  disturbances: DISTURBANCES,
  handover: { watch: (fps) => new BallHandoverWatch(fps), limits: HANDOVER_LIMITS },
  failures: { meanings: LABEL_MEANINGS, label: labelFailure },
  map: {
    halfM: RINK_M,
    ground: [{ kind: 'floor', xM: 0, zM: 0, widthM: 2 * RINK_M, depthM: 2 * RINK_M }],
    things: ({ ball, goal }) => [
      { kind: 'goal', xM: goal.xM, zM: goal.zM, widthM: 2 * goal.radiusM, depthM: 2 * goal.radiusM },
      { kind: 'thing', xM: ball.xM, zM: ball.zM, widthM: 2 * BALL_RADIUS_M, depthM: 2 * BALL_RADIUS_M },
    ],
  },
};
