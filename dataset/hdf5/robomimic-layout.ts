/**
 * The layout of robomimic: one file with /data/demo_0, /data/demo_1 …, each with `actions`, `obs/NAME`, `states`,
 * `rewards` and `dones`. Pictures are among the observations.
 */
import { MAX_FPS } from '../dataset-info.ts';
import {
  type ColumnPlan,
  type EpisodePlan,
  emptyPlan,
  isNumeric,
  leaveOut,
  planCamera,
  planColumn,
  rowWidth,
  takeFrames,
} from './episode-plan.ts';
import type { AttributeValue, Hdf5Dataset, Hdf5Structure } from './structure.ts';

const NAMES: Record<string, string> = { actions: 'action', rewards: 'next.reward', dones: 'next.done' };
/** What robomimic's own configurations give to a policy. */
const STATE_PARTS = /^robot\d+_(eef_pos|eef_quat|gripper_qpos)$/;

export const isRobomimic = ({ datasets }: Hdf5Structure): boolean =>
  datasets.some(({ path }) => /^data\/[^/]+\/actions$/.test(path));

/** In the order of the demonstrations' numbers. */
export function planRobomimicEpisodes(structure: Hdf5Structure, file: string): EpisodePlan[] {
  const demos = new Map<string, Hdf5Dataset[]>();
  const others: Hdf5Dataset[] = [];
  for (const dataset of structure.datasets) {
    const match = /^data\/([^/]+)\//.exec(dataset.path);
    if (!match) others.push(dataset);
    else demos.set(match[1], [...(demos.get(match[1]) ?? []), dataset]);
  }
  const env = environment(structure.attributes['/data']?.env_args);
  const names = [...demos.keys()].sort((a, b) => numberIn(a) - numberIn(b) || a.localeCompare(b));
  const plans = names.map((name) => planDemo(demos.get(name)!, `data/${name}`, { file, ...env }));
  const [first] = plans;
  for (const dataset of others) leaveOut(first, dataset, 'it lies outside of the demonstrations');
  const attributes = [
    ...Object.keys(structure.attributes['/'] ?? {}),
    ...Object.keys(structure.attributes['/data'] ?? {}),
    ...structure.otherAttributes,
  ];
  for (const name of new Set(attributes))
    first.losses.push({
      what: `the attribute ${JSON.stringify(name)}`,
      why: 'left out: a LeRobot dataset has no place for it',
    });
  return plans;
}

const numberIn = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0);

function planDemo(
  datasets: readonly Hdf5Dataset[],
  group: string,
  { file, fps, task }: { file: string; fps: number | null; task: string | null },
): EpisodePlan {
  const plan: EpisodePlan = { ...emptyPlan(file), fps, task };
  const own = new Map(datasets.map((dataset) => [dataset.path.slice(group.length + 1), dataset]));
  takeFrames(plan, own.get('actions'), `${group}/actions`);
  if (plan.frames === 0) return plan;
  for (const [name, dataset] of own) {
    const observation = /^obs\/(.+)$/.exec(name)?.[1];
    if (name.startsWith('next_obs/')) leaveOut(plan, dataset, 'it is obs one frame later');
    else if (observation === undefined) planColumn(plan, dataset, NAMES[name] ?? name.replaceAll('/', '.'));
    else if (isPicture(dataset))
      planCamera(plan, dataset, `observation.images.${observation.replace(/_image$/, '')}`);
    else planColumn(plan, dataset, `observation.${observation.replaceAll('/', '.')}`);
  }
  // As lerobot has them.
  for (const column of plan.columns) {
    if (column.feature === 'next.done') column.dtype = 'bool';
    if (column.feature === 'next.reward') column.dtype = 'float32';
  }
  if (!plan.columns.some(({ feature }) => feature === 'action'))
    plan.faults.push(`/${group}/actions cannot be a column of actions`);
  const state = stateColumn(plan, own);
  if (state) plan.columns.unshift(state);
  return plan;
}

const isPicture = ({ shape, path, type }: Hdf5Dataset): boolean =>
  shape?.length === 4 && (type.name === 'uint8' || /_image$/.test(path)) && !/depth/.test(path);

/** The robots' pose and grippers as one vector; the single parts stay as columns. */
function stateColumn(plan: EpisodePlan, own: ReadonlyMap<string, Hdf5Dataset>): ColumnPlan | null {
  if (plan.columns.some(({ feature }) => feature === 'observation.state')) return null;
  const parts = [...own].flatMap(([name, dataset]) => {
    const isPart = STATE_PARTS.test(name.replace(/^obs\//, '')) && isNumeric(dataset);
    return isPart && dataset.shape?.length === 2 && dataset.shape[0] === plan.frames
      ? [{ dataset, width: rowWidth(dataset) }]
      : [];
  });
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  if (width === 0) return null;
  const names = parts.flatMap(({ dataset, width }) => {
    const name = dataset.path.split('/').at(-1);
    return Array.from({ length: width }, (_, d) => `${name}_${d}`);
  });
  return { feature: 'observation.state', dtype: 'float32', shape: [width], names, parts };
}

/** Of env_args: the control frequency is the frame rate, the environment's name the best word for the task. */
function environment(given: AttributeValue | null | undefined): { fps: number | null; task: string | null } {
  try {
    const args = JSON.parse(String(given)) as { env_name?: unknown; env_kwargs?: { control_freq?: unknown } };
    const fps = Number(args.env_kwargs?.control_freq);
    return {
      fps: fps > 0 && fps <= MAX_FPS ? fps : null,
      task: typeof args.env_name === 'string' && args.env_name !== '' ? args.env_name : null,
    };
  } catch {
    return { fps: null, task: null };
  }
}
