/** What becomes of each dataset in an HDF5 file: decided from names, types and shapes, before any work. */
import { unsafeNameReason } from '../../runtime/confined-path.ts';
import type { Feature } from '../features.ts';
import type { Loss } from '../losses.ts';
import { DERIVED_COLUMNS } from './layout.ts';
import { type PictureKind, pictureKind } from './picture-kind.ts';
import type { Hdf5Dataset } from './structure.ts';

/** One column of the new dataset: the values of one dataset of the file, or of several side by side. */
export interface ColumnPlan {
  feature: string;
  dtype: string;
  shape: number[];
  names: Feature['names'];
  parts: { dataset: Hdf5Dataset; width: number }[];
}

export interface CameraPlan {
  feature: string;
  dataset: Hdf5Dataset;
  kind: PictureKind;
}

export interface EpisodePlan {
  file: string;
  frames: number;
  /** Null where the file does not say it. */
  fps: number | null;
  robotType: string | null;
  /** Of the whole episode; null where the file does not say it. */
  task: string | null;
  /** Where an episode has several: their texts, and the number of each frame's. */
  frameTasks: { texts: string[]; dataset: Hdf5Dataset } | null;
  columns: ColumnPlan[];
  cameras: CameraPlan[];
  /** Columns of meta/episodes of our own data. */
  provenance: Record<string, unknown> | null;
  losses: Loss[];
  /** Why the episode cannot be converted. */
  faults: string[];
}

export const emptyPlan = (file: string): EpisodePlan => ({
  ...{ file, frames: 0, fps: null, robotType: null, task: null, frameTasks: null, provenance: null },
  ...{ columns: [], cameras: [], losses: [], faults: [] },
});

/** Notes that a dataset is not kept; without the episode's length, so that all episodes' notes are the same. */
export function leaveOut(plan: EpisodePlan, dataset: Hdf5Dataset, reason: string): void {
  const { shape, path } = dataset;
  // Of all datasets for each frame the first axis; of ALOHA's compress_len the second.
  const axis = shape?.indexOf(plan.frames) ?? -1;
  const size =
    axis === -1
      ? described(dataset)
      : shape!.map((length, i) => (i === axis ? 'frames' : length)).join(' x ');
  const type = axis === -1 ? '' : ` of ${dataset.type.name}`;
  plan.losses.push({ what: `/${path} (${size}${type})`, why: `left out: ${reason}` });
}

/** More numbers a row are a picture or a map rather than a column. */
const MAX_WIDTH = 1024;
const KEPT_TYPES = [
  ...['float32', 'float64', 'bool'],
  ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32'],
];

/** `4 x 14 of float32`, for messages. */
export const described = ({ shape, type }: Hdf5Dataset): string =>
  `${shape === null ? 'no value' : shape.length === 0 ? 'one value' : shape.join(' x ')} of ${type.name}`;

export const rowWidth = ({ shape }: Hdf5Dataset): number =>
  (shape ?? []).slice(1).reduce((product, length) => product * length, 1);

export const isNumeric = ({ type }: Hdf5Dataset): boolean => ['integer', 'float', 'bool'].includes(type.kind);

/** Adds `dataset` to the plan as a column called `feature`, or says why it is left out. */
export function planColumn(plan: EpisodePlan, dataset: Hdf5Dataset, feature: string): void {
  const { path, shape, type } = dataset;
  const reason = whyNoColumn(plan, dataset, feature);
  if (reason) {
    leaveOut(plan, dataset, reason);
    return;
  }
  const unsafe = unsafeNameReason(feature);
  if (unsafe) {
    plan.faults.push(`/${path}: the name ${JSON.stringify(feature.slice(0, 80))} ${unsafe}; rename it`);
    return;
  }
  // Policies take 32 bits; so do ACT's own files.
  const isPolicyInput = feature === 'observation.state' || feature === 'action';
  const dtype = isPolicyInput || type.name === 'float16' ? 'float32' : type.name;
  if (isPolicyInput && !['float32', 'float16'].includes(type.name))
    plan.losses.push({ what: `/${path}`, why: `kept as float32, which policies take; it is ${type.name}` });
  const width = rowWidth(dataset);
  if (shape!.length > 2)
    plan.losses.push({
      what: `/${path}`,
      why: `kept as rows of ${width} numbers; they are ${shape!.slice(1).join(' x ')}`,
    });
  plan.columns.push({ feature, dtype, shape: [width], names: null, parts: [{ dataset, width }] });
}

function whyNoColumn(plan: EpisodePlan, dataset: Hdf5Dataset, feature: string): string | null {
  const { shape, type } = dataset;
  if (!isNumeric(dataset)) return `${type.name} has no place among the columns`;
  if (!shape || shape.length === 0) return 'it is one value, not one for each frame';
  if (shape[0] !== plan.frames) return `it has ${shape[0]} rows, the episode has ${plan.frames}`;
  const width = rowWidth(dataset);
  if (width === 0) return 'its rows are empty';
  if (width > MAX_WIDTH) return `${width} numbers a row are too many for a column (at most ${MAX_WIDTH})`;
  if (DERIVED_COLUMNS.includes(feature)) return 'it follows from the frame rate and the order of the frames';
  if (!KEPT_TYPES.includes(type.name) && type.name !== 'float16')
    return `${type.name} has no place among the columns`;
  if (plan.columns.some((column) => column.feature === feature))
    return `another dataset is the column ${feature} already`;
  return null;
}

/** Adds a camera, or a fault: pictures that cannot be read are not left out silently. */
export function planCamera(plan: EpisodePlan, dataset: Hdf5Dataset, feature: string): void {
  const unsafe = unsafeNameReason(feature);
  if (unsafe) {
    plan.faults.push(
      `/${dataset.path}: the name ${JSON.stringify(feature.slice(0, 80))} ${unsafe}; rename it`,
    );
    return;
  }
  const kind = pictureKind(dataset);
  if ('refusal' in kind) plan.faults.push(`/${dataset.path} (${described(dataset)}) ${kind.refusal}`);
  else if (dataset.shape![0] !== plan.frames) {
    plan.faults.push(
      `/${dataset.path} has ${dataset.shape![0]} pictures, the episode has ${plan.frames} frames`,
    );
  } else plan.cameras.push({ feature, dataset, kind });
}

/** The rows of the dataset that the episode's length follows from. */
export function takeFrames(plan: EpisodePlan, dataset: Hdf5Dataset | undefined, path: string): void {
  if (!dataset) plan.faults.push(`it has no /${path}`);
  else if (!isNumeric(dataset) || dataset.shape?.length !== 2)
    plan.faults.push(`/${path} is ${described(dataset)}; expected frames x numbers`);
  else if (dataset.shape[0] === 0) plan.faults.push(`/${path} has no rows`);
  else plan.frames = dataset.shape[0];
}
