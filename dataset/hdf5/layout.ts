/**
 * One episode as an HDF5 file in the layout of ACT and ALOHA (tonyzhaozh/act, record_sim_episodes.py):
 * /observations/images/CAMERA uint8 (T,H,W,3), /observations/qpos (T,S), /action (T,A), attribute `sim`. What else a
 * dataset has of a frame is in /columns; the attribute `features` says how LeRobot describes all of it.
 */
import type { DatasetInfo } from '../dataset-info.ts';

const CAMERA_PREFIX = 'observation.images.';
/** What follows from an episode's place in its dataset, so that no file says it. */
export const DERIVED_COLUMNS = ['timestamp', 'frame_index', 'episode_index', 'index', 'task_index'];

export const FEATURES_ATTRIBUTE = 'features';
export const ROBOT_ATTRIBUTE = 'robot_type';
/** JSON list of the texts that the dataset columns/task_index counts in, where an episode has several tasks. */
export const TASKS_ATTRIBUTE = 'tasks';
export const FRAME_TASKS_PATH = 'columns/task_index';
/** Attributes of our own provenance: the columns of meta/episodes of the same names, as JSON. */
export const PROVENANCE_ATTRIBUTE = 'provenance';

export const episodeFileName = (index: number): string => `episode_${index}.hdf5`;

export const imagePath = (cameraKey: string): string =>
  `observations/images/${cameraKey.startsWith(CAMERA_PREFIX) ? cameraKey.slice(CAMERA_PREFIX.length) : cameraKey}`;

/** Where a column lies. Names of features contain no slash. */
export function columnPath(feature: string): string {
  if (feature === 'observation.state') return 'observations/qpos';
  if (feature === 'action') return 'action';
  return `columns/${feature}`;
}

const DTYPES: Record<string, string> = { float32: '<f', float64: '<d', bool: '<B' };

/** h5wasm's name of a type; all integers are stored with 64 bits. */
export const hdf5Type = (dtype: string): string => DTYPES[dtype] ?? '<q';

/** Features that are columns of their own in a file. */
export function columnFeatures(features: DatasetInfo['features']): string[] {
  return Object.keys(features).filter(
    (name) => features[name].dtype !== 'video' && !DERIVED_COLUMNS.includes(name),
  );
}
