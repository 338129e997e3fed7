/** Whether what a policy wants is what this simulator has: camera, state, actions, control rate. */
import { EGO_CAMERA_KEY } from '../dataset/layout.ts';
import { ALLOWED_FPS } from '../sim/engine/control-period.ts';
import { throwFaults } from '../sim/errors.ts';
import { ACTION_NAMES } from '../sim/robots/wheel-loader/loader.ts';
import { STATE_LAYOUTS, type StateLayout } from '../sim/tasks/collect-bricks/observation.ts';
import type { PolicyFolder } from './policy-folder.ts';

/** What an evaluation sets up for a policy. */
export interface SimulatorSettings {
  fps: number;
  state: StateLayout;
  widthPx: number;
  heightPx: number;
}

/**
 * How the simulator must be set for the policy to drive in it.
 * @throws InputError naming everything that it wants and the simulator lacks.
 */
export function simulatorSettings({
  folder,
  contract,
}: Pick<PolicyFolder, 'folder' | 'contract'>): SimulatorSettings {
  const { fps, inputs, output } = contract;
  const faults: string[] = [];
  if (!ALLOWED_FPS.includes(fps))
    faults.push(`fps is ${fps}; the simulator is driven at one of ${ALLOWED_FPS.join(', ')}`);
  const cameras = inputs.images.map(({ name }) => name);
  if (cameras.join() !== EGO_CAMERA_KEY)
    faults.push(`it sees ${cameras.join(', ')}; the simulator's camera is ${EGO_CAMERA_KEY}`);
  const state = (Object.keys(STATE_LAYOUTS) as StateLayout[]).find(
    (layout) => STATE_LAYOUTS[layout].join() === inputs.state.names.join(),
  );
  if (!state) {
    const layouts = Object.entries(STATE_LAYOUTS).map(([name, names]) => `${name} (${names.join(', ')})`);
    faults.push(`its state is ${inputs.state.names.join(', ')}; the simulator gives ${layouts.join(' or ')}`);
  }
  if (output.names.join() !== ACTION_NAMES.join())
    faults.push(`its actions are ${output.names.join(', ')}; the simulator takes ${ACTION_NAMES.join(', ')}`);
  if (output.range[0] < -1 || output.range[1] > 1)
    faults.push(`its actions reach from ${output.range.join(' to ')}; the simulator takes -1 to 1`);
  throwFaults(`policy ${folder}`, faults);
  const [heightPx, widthPx] = inputs.images[0].shape;
  return { fps, state: state!, widthPx, heightPx };
}
