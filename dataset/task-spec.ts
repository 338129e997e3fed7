/** What a dataset takes from the task and the robot of its episodes. */
import { robotType } from '../sim/engine/robot.ts';
import type { AnyTask } from '../sim/engine/task.ts';
import type { DatasetSpec } from './features.ts';

type Format = Pick<DatasetSpec, 'fps' | 'widthPx' | 'heightPx'>;

/** @param state one of the task's state layouts */
export function taskSpec(task: AnyTask, state: string, { fps, widthPx, heightPx }: Format): DatasetSpec {
  const { robot, phases, stateLayouts } = task;
  const { noun, positive, actionNames } = robot;
  return {
    ...{ fps, widthPx, heightPx },
    stateNames: stateLayouts[state],
    actionNames,
    phases,
    robotType: robotType(robot),
    columnNotes: {
      'observation.images.ego': `camera on the ${noun}, before the row's action`,
      action: `the label, in [-1, 1]; positive is ${positive.join(', ')}`,
      executed_action: `what drove the ${noun}; replaying it from \`start\` ends in \`final_state_hash\``,
      source: 'who drove: index into enums.source',
      phase: 'what the expert was doing: index into enums.phase; derived, no input of the expert',
      label_valid: 'whether `action` may be learned from',
    },
  };
}
