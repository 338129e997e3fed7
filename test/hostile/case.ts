/** What a hostile input is: how its files are made, the command that gets them, and how that command has to end. */
import type { Probe } from './probes.ts';

export const FORMATS = [
  'dataset JSON',
  'parquet',
  'MP4',
  'HDF5',
  'policy folder',
  'ONNX',
  'PNG',
  'YAML',
  'journals',
] as const;
export type Format = (typeof FORMATS)[number];

/** What is wrong with it; rows of the table at the end. */
export const CLASSES = [
  'damaged',
  'wrong type',
  'wrong value',
  'huge count',
  'unfolds to more',
  'names and paths',
  'other files',
  'no regular file',
  'never ends',
  'healthy',
] as const;
export type HostileClass = (typeof CLASSES)[number];

export interface Place {
  /** A fresh folder for the input's files. */
  folder: string;
  /** A path at which there is nothing yet; the only one that the command may write to. */
  out: string;
  /** A file that no command may read: its bytes must not turn up in any output. */
  secret: string;
}

export interface HostileCase {
  name: string;
  format: Format;
  kind: HostileClass;
  make(place: Place): void | Promise<void>;
  argv(place: Place): string[];
  probe?: Probe;
  /** Exit codes that are right: 1 and 2 for a refusal, 0 where the input is handled. */
  codes: readonly number[];
  /** What the text says, on stdout and stderr together. */
  says: RegExp;
}
