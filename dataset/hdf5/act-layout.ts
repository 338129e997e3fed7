/**
 * The layout of ACT and ALOHA (layout.ts), with or without our `features`, as the plan of an episode. What the
 * layout has no name for becomes a column of its own.
 */

import { MAX_FPS } from '../dataset-info.ts';
import { type DescribedFeature, describedFeatures } from './described-features.ts';
import {
  described,
  type EpisodePlan,
  emptyPlan,
  isNumeric,
  leaveOut,
  planCamera,
  planColumn,
  rowWidth,
  takeFrames,
} from './episode-plan.ts';
import {
  columnPath,
  DERIVED_COLUMNS,
  FRAME_TASKS_PATH,
  imagePath,
  PROVENANCE_ATTRIBUTE,
  ROBOT_ATTRIBUTE,
  TASKS_ATTRIBUTE,
} from './layout.ts';
import { readProvenance } from './provenance-attribute.ts';
import type { AttributeValue, Hdf5Dataset, Hdf5Structure } from './structure.ts';

/** As lerobot and openpi name them. */
const NAMES: Record<string, string> = {
  action: 'action',
  'observations/qpos': 'observation.state',
  'observations/qvel': 'observation.velocity',
  'observations/effort': 'observation.effort',
};
const USED_ATTRIBUTES = [
  ...['sim', 'compress', 'fps', 'task', TASKS_ATTRIBUTE, 'features', ROBOT_ATTRIBUTE, PROVENANCE_ATTRIBUTE],
  ...['state_names', 'action_names', 'scenario', 'seed', 'outcome'],
];

export function planActEpisode(structure: Hdf5Structure, file: string): EpisodePlan {
  const plan = emptyPlan(file);
  const attributes = structure.attributes['/'] ?? {};
  const left = new Map(structure.datasets.map((dataset) => [dataset.path, dataset]));
  const take = (path: string): Hdf5Dataset | undefined => {
    const dataset = left.get(path);
    left.delete(path);
    return dataset;
  };
  takeAttributes(plan, attributes, structure.otherAttributes);
  const given = describedFeatures(attributes.features, plan.faults);
  takeFrames(plan, left.get('action'), 'action');
  if (!given?.['observation.state'] && !left.has('observations/qpos'))
    plan.faults.push('it has no /observations/qpos');
  // Without a length nothing can be compared.
  if (plan.frames === 0) return plan;
  for (const [feature, description] of Object.entries(given ?? {})) {
    if (DERIVED_COLUMNS.includes(feature)) continue;
    const path = description.dtype === 'video' ? imagePath(feature) : columnPath(feature);
    const dataset = take(path);
    if (!dataset) plan.faults.push(`it has no /${path}, which its features name`);
    else if (description.dtype === 'video') planCamera(plan, dataset, feature);
    else planDescribed(plan, dataset, feature, description);
  }
  takeFrameTasks(plan, attributes[TASKS_ATTRIBUTE], take(FRAME_TASKS_PATH));
  const lengths = take('compress_len');
  if (lengths) leaveOut(plan, lengths, 'the lengths of padded pictures; the pictures say where they end');
  for (const dataset of left.values()) planUndescribed(plan, dataset);
  return plan;
}

function planUndescribed(plan: EpisodePlan, dataset: Hdf5Dataset): void {
  const { path } = dataset;
  const camera = /^observations\/images\/([^/]+)$/.exec(path);
  if (camera) planCamera(plan, dataset, `observation.images.${camera[1]}`);
  else if (NAMES[path]) {
    const before = plan.losses.length;
    planColumn(plan, dataset, NAMES[path]);
    // Without state or action there is no episode.
    const isNeeded = path === 'action' || path === 'observations/qpos';
    if (isNeeded && !plan.columns.some(({ feature }) => feature === NAMES[path]))
      for (const { what, why } of plan.losses.splice(before)) plan.faults.push(`${what}: ${why}`);
  } else planColumn(plan, dataset, columnName(path));
}

/** `observations/a/b` as observation.a.b, `columns/a` as a, anything else with dots for slashes. */
function columnName(path: string): string {
  if (path.startsWith('columns/')) return path.slice('columns/'.length).replaceAll('/', '.');
  return path.replace(/^observations\//, 'observation/').replaceAll('/', '.');
}

function planDescribed(
  plan: EpisodePlan,
  dataset: Hdf5Dataset,
  feature: string,
  { dtype, shape, names }: DescribedFeature,
): void {
  const isScalar = shape.length === 1 && shape[0] === 1;
  const fits = [[plan.frames, ...shape], ...(isScalar ? [[plan.frames]] : [])];
  if (!isNumeric(dataset) || !fits.some((wanted) => wanted.join() === dataset.shape?.join())) {
    plan.faults.push(
      `/${dataset.path} is ${described(dataset)}; its features say ${dtype} in rows of ${shape.join(' x ')}, the episode has ${plan.frames} frames`,
    );
    return;
  }
  plan.columns.push({ feature, dtype, shape, names, parts: [{ dataset, width: rowWidth(dataset) }] });
}

function takeAttributes(
  plan: EpisodePlan,
  attributes: Record<string, AttributeValue | null>,
  others: readonly string[],
): void {
  const fps = attributes.fps;
  if (typeof fps === 'number' && fps > 0 && fps <= MAX_FPS) plan.fps = fps;
  else if (fps !== undefined)
    plan.faults.push(`its attribute fps is ${JSON.stringify(fps)}, not a frame rate up to ${MAX_FPS}`);
  const text = (name: string): string | null => {
    const value = attributes[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  plan.task = text('task');
  plan.robotType = text(ROBOT_ATTRIBUTE);
  plan.provenance = readProvenance(text(PROVENANCE_ATTRIBUTE), plan.faults);
  const unknown = Object.keys(attributes).filter((name) => !USED_ATTRIBUTES.includes(name));
  for (const name of [...unknown, ...others])
    plan.losses.push({
      what: `the attribute ${JSON.stringify(name)}`,
      why: 'left out: a LeRobot dataset has no place for it',
    });
}

function takeFrameTasks(
  plan: EpisodePlan,
  given: AttributeValue | null | undefined,
  dataset: Hdf5Dataset | undefined,
): void {
  if (!dataset) return;
  const texts = textsOf(given);
  if (!texts || !isNumeric(dataset) || dataset.shape?.join() !== String(plan.frames)) {
    plan.faults.push(
      `/${dataset.path} (${described(dataset)}) and the attribute ${TASKS_ATTRIBUTE} do not give a task for each frame`,
    );
    return;
  }
  plan.frameTasks = { texts, dataset };
}

function textsOf(given: AttributeValue | null | undefined): string[] | null {
  try {
    const value: unknown = JSON.parse(String(given));
    return Array.isArray(value) && value.every((text) => typeof text === 'string') ? value : null;
  } catch {
    return null;
  }
}
