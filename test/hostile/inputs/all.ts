/** All hostile inputs. */
import type { HostileCase } from '../case.ts';
import { DATASET_JSON } from './dataset-json.ts';
import { HDF5 } from './hdf5.ts';
import { JOURNALS } from './journals.ts';
import { MP4 } from './mp4.ts';
import { ONNX } from './onnx.ts';
import { PARQUET } from './parquet.ts';
import { PNG } from './png.ts';
import { POLICY } from './policy.ts';
import { YAML } from './yaml.ts';

export const HOSTILE_CASES: readonly HostileCase[] = [
  ...DATASET_JSON,
  ...PARQUET,
  ...MP4,
  ...HDF5,
  ...POLICY,
  ...ONNX,
  ...PNG,
  ...YAML,
  ...JOURNALS,
];
