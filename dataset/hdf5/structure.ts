/** What an HDF5 file holds, as plain values that travel between threads. */

/** How the elements of a dataset are stored. */
export interface ElementType {
  /** `bytes`: fixed-size strings and opaque values; `variable`: sequences of bytes; `other`: everything else. */
  kind: 'integer' | 'float' | 'bool' | 'bytes' | 'variable' | 'other';
  /** Bytes an element. */
  size: number;
  isSigned: boolean;
  isLittleEndian: boolean;
  /** As h5py writes it, such as float32 or uint8; of `other` a word. */
  name: string;
}

export interface Hdf5Dataset {
  /** Without the leading slash. */
  path: string;
  /** Null for a dataset without a value. */
  shape: number[] | null;
  type: ElementType;
}

export type AttributeValue = string | number | (string | number)[];

export interface Hdf5Structure {
  bytes: number;
  datasets: Hdf5Dataset[];
  /** Those of the root and of /data; null for a value that is not a number, a text or a short list of them. */
  attributes: Record<string, Record<string, AttributeValue | null>>;
  /** Names of the attributes of all other objects, without repetition. */
  otherAttributes: string[];
  /** Why the file must not be read, all of it at once. Each begins with the path inside the file. */
  faults: string[];
}

/** Rows of a dataset: of fixed size one after the other, of variable size one by one. */
export type RowBytes = { bytes: Uint8Array } | { items: Uint8Array[] };

export type WorkerRequest =
  | { id: number; kind: 'open'; path: string }
  | { id: number; kind: 'rows'; path: string; from: number; to: number }
  | { id: number; kind: 'close' };

export type WorkerReply =
  | { id: number; value: Hdf5Structure | RowBytes | null }
  | { id: number; error: string; isInput: boolean };

/** Objects a file may have; a robomimic file of 1,000 demonstrations has about 30,000. */
export const MAX_OBJECTS = 100_000;
/** Groups within groups. Deeper ones are damage, or a group that contains itself. */
export const MAX_DEPTH = 12;
/** Rows an episode. */
export const MAX_ROWS = 1_000_000;
/** Decompressed size of a chunk. */
export const MAX_CHUNK_BYTES = 128 * 2 ** 20;
/** Decompressed size of one row. */
export const MAX_ROW_BYTES = 128 * 2 ** 20;
/** How many times larger than its file a dataset may be when it is read; less than SMALL is always allowed. */
export const MAX_EXPANSION = 200;
export const SMALL_BYTES = 64 * 2 ** 20;
