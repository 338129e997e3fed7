/** Whether what a policy wants is what this simulator has: camera, state, actions, control rate. */
import { ALLOWED_FPS } from '../sim/engine/control-period.ts';
import type { AnyTask } from '../sim/engine/task.ts';
import { throwFaults } from '../sim/errors.ts';
import { defaultTask } from '../sim/tasks/default-task.ts';
import type { PolicyFolder } from './policy-folder.ts';

/** What an evaluation sets up for a policy. */
export interface SimulatorSettings {
  fps: number;
  /** One of the task's layouts. */
  state: string;
  widthPx: number;
  heightPx: number;
}

/**
 * How the simulator must be set for the policy to drive in a task.
 * @throws InputError naming everything that it wants and the simulator lacks.
 */
export function simulatorSettings(
  { folder, contract }: Pick<PolicyFolder, 'folder' | 'contract'>,
  { name: task, stateLayouts, robot }: AnyTask = defaultTask,
): SimulatorSettings {
  const { fps, inputs, output } = contract;
  const faults: string[] = [];
  if (!ALLOWED_FPS.includes(fps))
    faults.push(`fps is ${fps}; the simulator is driven at one of ${ALLOWED_FPS.join(', ')}`);
  const cameras = inputs.images.map(({ name }) => name);
  const known = robot.cameras.map(({ key }) => key);
  if (cameras.join() !== known.join())
    faults.push(`it sees ${cameras.join(', ')}; the simulator's camera is ${known.join(', ')}`);
  const state = Object.keys(stateLayouts).find(
    (layout) => stateLayouts[layout].join() === inputs.state.names.join(),
  );
  if (!state) {
    const layouts = Object.entries(stateLayouts).map(([name, names]) => `${name} (${names.join(', ')})`);
    faults.push(
      `its state is ${inputs.state.names.join(', ')}; the simulator gives ${layouts.join(' or ')} in task ${task} (--task chooses another)`,
    );
  }
  if (output.names.join() !== robot.actionNames.join())
    faults.push(
      `its actions are ${output.names.join(', ')}; the simulator takes ${robot.actionNames.join(', ')}`,
    );
  if (output.range[0] < -1 || output.range[1] > 1)
    faults.push(`its actions reach from ${output.range.join(' to ')}; the simulator takes -1 to 1`);
  throwFaults(`policy ${folder}`, faults);
  const [heightPx, widthPx] = inputs.images[0].shape;
  return { fps, state: state!, widthPx, heightPx };
}
