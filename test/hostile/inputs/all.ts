/** All hostile inputs. */
import type { HostileCase } from '../case.ts';
import { DATASET_JSON } from './dataset-json.ts';
import { MP4 } from './mp4.ts';
import { PARQUET } from './parquet.ts';

export const HOSTILE_CASES: readonly HostileCase[] = [...DATASET_JSON, ...PARQUET, ...MP4];
