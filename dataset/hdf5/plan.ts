/** Opens every HDF5 file of a folder and decides what becomes of it; all faults of all files at once, before any work. */
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { namesIn } from '../../runtime/disk.ts';
import { InputError, orFault, throwFaults } from '../../sim/errors.ts';
import type { DatasetInfo } from '../dataset-info.ts';
import { CODEBASE_VERSION, DATA_PATH, EGO_CAMERA_KEY, VIDEO_PATH } from '../layout.ts';
import { gatherLosses, type Loss } from '../losses.ts';
import { planActEpisode } from './act-layout.ts';
import { type CameraSize, cameraHeader } from './camera-frames.ts';
import type { EpisodePlan } from './episode-plan.ts';
import type { Hdf5Reader } from './hdf5-file.ts';
import { DERIVED_COLUMNS } from './layout.ts';
import { isRobomimic, planRobomimicEpisodes } from './robomimic-layout.ts';

export interface Hdf5Plan {
  /** The folder of the files. */
  root: string;
  info: DatasetInfo;
  episodes: EpisodePlan[];
  defaultTask: string;
  losses: Loss[];
}

export interface PlanOptions {
  /** A folder of episode_0.hdf5, episode_1.hdf5 …, or one file of robomimic's. */
  root: string;
  /** For files that do not say their rate or task. */
  fps?: number;
  task?: string;
}

export async function planHdf5(reader: Hdf5Reader, options: PlanOptions): Promise<Hdf5Plan> {
  const { root, names } = await filesOf(options.root);
  const faults: string[] = [];
  const episodes: EpisodePlan[] = [];
  let features: DatasetInfo['features'] | null = null;
  let fps: number | null = null;
  for (const name of names) {
    for (const episode of await plansOf(reader, join(root, name), faults)) {
      const given = episode.fps ?? options.fps;
      if (given === undefined) faults.push(`${name} does not say its frame rate: give --fps`);
      const own = await featuresOf(reader, episode, { path: join(root, name), fps: given ?? 1, faults });
      features ??= own;
      fps ??= given ?? null;
      if (own && JSON.stringify([given, own]) !== JSON.stringify([fps, features])) {
        faults.push(
          `${name} has other features or another rate than ${names[0]}: ${difference(own, features!)}`,
        );
      }
      episodes.push(episode);
    }
  }
  throwFaults(root, faults, MAX_FAULTS);
  const info = {
    ...{ codebase_version: CODEBASE_VERSION, robot_type: episodes[0].robotType },
    ...{ total_episodes: 0, total_frames: 0, total_tasks: 0, chunks_size: 1000 },
    ...{ data_files_size_in_mb: 100, video_files_size_in_mb: 200 },
    ...{ fps: fps!, data_path: DATA_PATH, video_path: VIDEO_PATH, features: features! },
  } as DatasetInfo;
  const losses = gatherLosses(episodes.map((episode) => episode.losses));
  return { root, info, episodes, defaultTask: options.task ?? 'unknown', losses };
}

/** Recorders write some dozens. */
const MAX_COLUMNS = 512;
/** More would make the message too long to read. */
const MAX_FAULTS = 20;

async function filesOf(given: string): Promise<{ root: string; names: string[] }> {
  const stat = statSync(given, { throwIfNoEntry: false });
  if (!stat) throw new InputError(`${given} does not exist; name a folder of HDF5 files`);
  if (!stat.isDirectory()) return { root: dirname(given), names: [basename(given)] };
  const all = await namesIn(given);
  const numbered = all.flatMap((name) => {
    const match = /^episode_(\d+)\.(hdf5|h5)$/.exec(name);
    return match ? [{ name, number: Number(match[1]) }] : [];
  });
  if (numbered.length > 0)
    return { root: given, names: numbered.sort((a, b) => a.number - b.number).map(({ name }) => name) };
  const others = all.filter((name) => /\.(hdf5|h5)$/.test(name));
  // robomimic keeps all demonstrations in one file of any name.
  if (others.length === 1) return { root: given, names: others };
  throw new InputError(
    `${given} has no files named episode_0.hdf5, episode_1.hdf5 …, and not one single HDF5 file of robomimic's`,
  );
}

async function plansOf(reader: Hdf5Reader, path: string, faults: string[]): Promise<EpisodePlan[]> {
  const name = basename(path);
  const structure = await asFault(faults, () => reader.open(path));
  if (!structure) return [];
  faults.push(...structure.faults.map((fault) => `${name}: ${fault}`));
  if (structure.faults.length > 0) return [];
  const plans = isRobomimic(structure)
    ? planRobomimicEpisodes(structure, name)
    : [planActEpisode(structure, name)];
  for (const plan of plans) {
    assertOwnColumns(plan);
    const columns = plan.columns.length + plan.cameras.length;
    if (columns > MAX_COLUMNS)
      plan.faults.push(`it has ${columns} columns and cameras, at most ${MAX_COLUMNS} are converted`);
    faults.push(...plan.faults.map((fault) => `${name}: ${fault}`));
  }
  return plans.filter((plan) => plan.faults.length === 0);
}

/** An episode of ours is told apart by a digest of these. */
function assertOwnColumns(plan: EpisodePlan): void {
  if (!plan.provenance || plan.faults.length > 0) return;
  const has = [...plan.columns, ...plan.cameras].map(({ feature }) => feature);
  const needed = [
    'observation.state',
    'action',
    'executed_action',
    'source',
    'label_valid',
    'phase',
    EGO_CAMERA_KEY,
  ];
  for (const feature of needed)
    if (!has.includes(feature))
      plan.faults.push(
        `it has the attribute provenance, but no ${feature}; remove the one or restore the other`,
      );
}

async function asFault<T>(faults: string[], act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    return orFault<undefined>(faults, () => {
      throw error;
    });
  }
}

async function featuresOf(
  reader: Hdf5Reader,
  { cameras, columns }: EpisodePlan,
  { path, fps, faults }: { path: string; fps: number; faults: string[] },
): Promise<DatasetInfo['features'] | null> {
  const features: DatasetInfo['features'] = {};
  for (const camera of cameras) {
    const size = await asFault(faults, () => cameraHeader(reader, camera, path));
    if (!size) return null;
    features[camera.feature] = cameraFeature(size, fps);
  }
  for (const { feature, dtype, shape, names } of columns) features[feature] = { dtype, shape, names };
  for (const name of DERIVED_COLUMNS) {
    features[name] = { dtype: name === 'timestamp' ? 'float32' : 'int64', shape: [1], names: null };
  }
  return features;
}

const cameraFeature = ({ widthPx, heightPx }: CameraSize, fps: number) => ({
  ...{ dtype: 'video', shape: [heightPx, widthPx, 3], names: ['height', 'width', 'channels'] },
  info: {
    ...{ 'video.height': heightPx, 'video.width': widthPx, 'video.codec': 'h264' },
    ...{ 'video.pix_fmt': 'yuv420p', 'video.is_depth_map': false, 'video.fps': fps },
    ...{ 'video.channels': 3, has_audio: false },
  },
});

function difference(mine: DatasetInfo['features'], theirs: DatasetInfo['features']): string {
  const names = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  const differing = [...names].filter((name) => JSON.stringify(mine[name]) !== JSON.stringify(theirs[name]));
  return differing.slice(0, 5).join(', ') || 'the frame rate';
}
