/** The features of our datasets: what info.json says of them and how each comes out of a record. */
import type { EpisodeRecord } from './episode-record.ts';
import type { H264Picture } from './h264.ts';
import { EGO_CAMERA_KEY } from './layout.ts';

/** What is the same in all episodes of a dataset. */
export interface DatasetSpec {
  fps: number;
  widthPx: number;
  heightPx: number;
  stateNames: readonly string[];
  /** Of the robot's controls. */
  actionNames: readonly string[];
  /** What the numbers in the column `phase` stand for. */
  phases: readonly string[];
  robotType: string;
  /** What metadata.json says of the columns. */
  columnNotes: Readonly<Record<string, string>>;
}

/** One entry of info.json's `features`. */
export interface Feature {
  dtype: string;
  shape: number[];
  names: string[] | Record<string, unknown> | null;
  info?: Record<string, string | number | boolean>;
}

/** Where an episode stands in its dataset. */
export interface EpisodePlace {
  episodeIndex: number;
  /** Row of its first frame among all rows. */
  firstIndex: number;
  taskIndex: number;
}

/** One column of the data files. */
export interface DataColumn {
  name: string;
  dtype: 'float32' | 'int64' | 'bool';
  /** Numbers a row. */
  width: number;
  names: string[] | null;
  /** Rows x width numbers. */
  values: (record: EpisodeRecord, place: EpisodePlace) => ArrayLike<number>;
}

/**
 * The columns, in their order in the files. `source` and `phase` are int64 and `label_valid` is bool because these
 * load as 0-dimensional torch tensors and collate into a batch; strings would not.
 * `executed_action` does not begin with "action", so lerobot takes it for no feature of a policy.
 */
export function dataColumns({
  stateNames,
  actionNames,
}: Pick<DatasetSpec, 'stateNames' | 'actionNames'>): DataColumn[] {
  const vector = (name: string, names: readonly string[], values: DataColumn['values']): DataColumn => ({
    name,
    dtype: 'float32',
    width: names.length,
    names: [...names],
    values,
  });
  const scalar = (name: string, dtype: DataColumn['dtype'], values: DataColumn['values']): DataColumn => ({
    name,
    dtype,
    width: 1,
    names: null,
    values,
  });
  return [
    vector('observation.state', stateNames, (record) => record.states),
    vector('action', actionNames, (record) => record.actions),
    vector('executed_action', actionNames, (record) => record.executedActions),
    scalar('source', 'int64', (record) => record.sources),
    scalar('phase', 'int64', (record) => record.phases),
    scalar('label_valid', 'bool', (record) => record.labelValid),
    scalar('timestamp', 'float32', (record) => timestamps(record.frames, record.fps)),
    scalar('frame_index', 'int64', (record) => counting(record.frames, 0)),
    scalar('episode_index', 'int64', (record, place) => constant(record.frames, place.episodeIndex)),
    scalar('index', 'int64', (record, place) => counting(record.frames, place.firstIndex)),
    scalar('task_index', 'int64', (record, place) => constant(record.frames, place.taskIndex)),
  ];
}

/** `features` of info.json. */
export function datasetFeatures(spec: DatasetSpec, picture: H264Picture): Record<string, Feature> {
  const features: Record<string, Feature> = {
    [EGO_CAMERA_KEY]: {
      dtype: 'video',
      shape: [spec.heightPx, spec.widthPx, 3],
      names: ['height', 'width', 'channels'],
      info: {
        'video.height': spec.heightPx,
        'video.width': spec.widthPx,
        'video.codec': 'h264',
        'video.pix_fmt': picture.fullRange ? 'yuvj420p' : 'yuv420p',
        'video.is_depth_map': false,
        is_depth_map: false,
        'video.fps': spec.fps,
        'video.channels': 3,
        has_audio: false,
      },
    },
  };
  for (const { name, dtype, width, names } of dataColumns(spec)) {
    features[name] = { dtype, shape: [width], names };
  }
  return features;
}

/** frame / fps, each rounded once to float32: lerobot looks frames up by exactly these times. */
export function timestamps(frames: number, fps: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, frame) => frame / fps);
}

const counting = (count: number, first: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => first + i);
const constant = (count: number, value: number): Float64Array => new Float64Array(count).fill(value);
