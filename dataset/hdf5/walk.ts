/** Looks at everything in an open HDF5 file, and reads one element of each dataset, before anything is done with it. */
import type { AttributeValue, ElementType, Hdf5Dataset, Hdf5Structure } from './structure.ts';
import { MAX_CHUNK_BYTES, MAX_DEPTH, MAX_EXPANSION, MAX_OBJECTS, SMALL_BYTES } from './structure.ts';

/** What the library says of a dataset or an attribute. */
export interface LibraryMetadata {
  type: number;
  size: number;
  signed: boolean;
  littleEndian: boolean;
  vlen: boolean;
  shape: number[] | null;
  total_size: number;
  chunks: number[] | null;
  virtual_sources?: { file_name: string; dset_name: string }[];
  vlen_type?: LibraryMetadata;
  enum_type?: { type: number; members: Record<string, number> };
}

/** The functions of h5wasm that are used here; they throw where the library reports an error. */
export interface LibraryFile {
  names(group: string): string[];
  attributeNames(path: string): string[];
  attributeMetadata(path: string, name: string): LibraryMetadata | null;
  attributeValue(path: string, name: string): unknown;
  externalLink(path: string): { filename?: string; obj_path?: string };
  softLink(path: string): string | null;
  objectType(path: string): number;
  datasetMetadata(path: string): LibraryMetadata | null;
  filters(path: string): { id: number; name: string }[];
  /** Reads the first element. */
  probe(path: string, metadata: LibraryMetadata): void;
  /** Files that the library wanted to open since the last call. */
  takeWanted(): string[];
}

const [GROUP, DATASET, NAMED_TYPE] = [0, 1, 2];
/** deflate, shuffle, fletcher32, szip, nbit, scaleoffset: those of the library itself. */
const LAST_BUILT_IN_FILTER = 6;
/** With attributes whose values matter. */
const READ_ATTRIBUTES_OF = ['/', '/data'];
const MAX_ATTRIBUTE_BYTES = 2 ** 24;

export function walk(file: LibraryFile, bytes: number): Hdf5Structure {
  const structure: Hdf5Structure = { bytes, datasets: [], attributes: {}, otherAttributes: [], faults: [] };
  const others = new Set<string>();
  let objects = 0;
  const visit = (group: string, depth: number): void => {
    takeAttributes(file, group, structure, others);
    for (const name of namesOf(file, group, structure.faults)) {
      if (++objects > MAX_OBJECTS) throw new TooMuch(`it has more than ${MAX_OBJECTS} objects`);
      const path = group === '/' ? `/${name}` : `${group}/${name}`;
      const fault = attempt(path, structure.faults, () => linkFault(file, path));
      if (fault) structure.faults.push(`${path} ${fault}`);
      if (fault !== null) continue;
      const type = attempt(path, structure.faults, () => file.objectType(path));
      if (type === GROUP) {
        if (depth >= MAX_DEPTH) {
          throw new TooMuch(
            `${path} lies ${depth} groups deep, at most ${MAX_DEPTH} are read; a group may contain itself`,
          );
        }
        visit(path, depth + 1);
      } else if (type === DATASET) {
        takeAttributes(file, path, structure, others);
        attempt(path, structure.faults, () => takeDataset(file, path, structure));
      } else if (type !== undefined && type !== NAMED_TYPE) {
        structure.faults.push(`${path} cannot be opened: the file is damaged`);
      }
    }
  };
  try {
    visit('/', 1);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    structure.faults.push(error.message);
  }
  structure.otherAttributes = [...others].sort();
  return structure;
}

/** A limit was passed: nothing more is looked at. */
class TooMuch extends Error {}

/** What `look` gives; undefined when the library fails, which becomes a fault. */
function attempt<T>(path: string, faults: string[], look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof TooMuch) throw error;
    faults.push(`${path} cannot be read: ${libraryMessage(error)}`);
    return undefined;
  }
}

/** The innermost line of the library's error stack, which says most. */
export function libraryMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = [...text.matchAll(/#\d+: .* in \w+\(\): (.*)/g)].map((match) => match[1]);
  return (lines.at(-1) ?? text.split('\n')[0]).slice(0, 200) || 'the HDF5 library gives no reason';
}

function namesOf(file: LibraryFile, group: string, faults: string[]): string[] {
  const names = attempt(group, faults, () => file.names(group)) ?? [];
  return names.filter((name) => {
    const isUsable = name !== '' && name !== '.' && name !== '..' && !name.includes('/');
    if (!isUsable) faults.push(`${group} has an object called ${JSON.stringify(name)}, which is not a name`);
    return isUsable;
  });
}

/** Null for a hard link. */
function linkFault(file: LibraryFile, path: string): string | null {
  const external = file.externalLink(path);
  if (external?.filename !== undefined) {
    return `is an external link to ${JSON.stringify(external.filename)}; copy the data into the file (h5repack --merge)`;
  }
  const target = file.softLink(path);
  if (target === null) return null;
  return `is a soft link to ${JSON.stringify(target)}; copy the data to its place (h5py: f.copy)`;
}

function takeAttributes(
  file: LibraryFile,
  path: string,
  structure: Hdf5Structure,
  others: Set<string>,
): void {
  const names = attempt(path, structure.faults, () => file.attributeNames(path)) ?? [];
  if (!READ_ATTRIBUTES_OF.includes(path)) {
    for (const name of names) others.add(name);
    return;
  }
  const values: Record<string, AttributeValue | null> = {};
  for (const name of names) {
    const value = attempt(`${path}, attribute ${JSON.stringify(name)},`, structure.faults, () => {
      const metadata = file.attributeMetadata(path, name);
      if (!metadata?.shape || metadata.shape.length > 1) return null;
      if (metadata.total_size * metadata.size > MAX_ATTRIBUTE_BYTES) return null;
      return plainValue(file.attributeValue(path, name));
    });
    if (value !== undefined) Object.defineProperty(values, name, { value, enumerable: true });
  }
  structure.attributes[path] = values;
}

function plainValue(value: unknown): AttributeValue | null {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return null;
  const items = Array.from(value as ArrayLike<unknown>, plainValue);
  return items.every((item) => typeof item === 'string' || typeof item === 'number') ? items : null;
}

function takeDataset(file: LibraryFile, path: string, structure: Hdf5Structure): void {
  const metadata = file.datasetMetadata(path);
  if (!metadata) throw new Error('the HDF5 library gives no description of it');
  const dataset = { path: path.slice(1), shape: metadata.shape, type: elementType(metadata) };
  const refuse = (reason: string): void => void structure.faults.push(`${path} ${reason}`);
  if (metadata.virtual_sources) {
    const names = [...new Set(metadata.virtual_sources.map(({ file_name }) => file_name))].slice(0, 3);
    refuse(`is a virtual dataset made of ${names.join(', ') || 'nothing'}; copy the data into the file`);
    return;
  }
  const foreign = file.filters(path).find(({ id }) => id > LAST_BUILT_IN_FILTER);
  if (foreign) {
    refuse(
      `is compressed with the filter ${foreign.id} (${foreign.name || 'no name'}), which needs a plugin; repack it with h5repack -f GZIP=1`,
    );
    return;
  }
  const limit = limitFault(dataset, metadata, structure.bytes);
  if (limit) {
    refuse(limit);
    return;
  }
  structure.datasets.push(dataset);
  if (metadata.shape === null || metadata.total_size === 0) return;
  file.takeWanted();
  try {
    file.probe(path, metadata);
  } catch (error) {
    const [wanted] = file.takeWanted();
    if (wanted === undefined) throw error;
    structure.datasets.pop();
    refuse(
      `keeps its values in another file, ${JSON.stringify(wanted)} (external storage); copy them into the file (h5repack)`,
    );
  }
}

/** Sizes that a file declares cost nothing to write, so they are compared with the file. */
function limitFault({ shape }: Hdf5Dataset, metadata: LibraryMetadata, bytes: number): string | null {
  if (shape === null) return null;
  const size = shape.reduce((a, b) => a * b, metadata.size);
  const allowed = Math.max(SMALL_BYTES, MAX_EXPANSION * bytes);
  if (!(size <= allowed)) {
    return `says that it has ${size} bytes (${shape.join(' x ')} of ${metadata.size}), at most ${allowed} are read from a file of ${bytes}`;
  }
  const chunk = metadata.chunks?.reduce((a, b) => a * b, metadata.size) ?? 0;
  if (chunk > MAX_CHUNK_BYTES) {
    return `has chunks of ${chunk} bytes, at most ${MAX_CHUNK_BYTES} are read; repack it with smaller ones (h5repack -l)`;
  }
  return null;
}

const CLASS_NAMES: Record<number, string> = {
  2: 'time',
  3: 'text',
  4: 'bit field',
  5: 'opaque',
  6: 'compound',
  7: 'reference',
  8: 'enumeration',
  9: 'variable-length',
  10: 'array',
};

function elementType(metadata: LibraryMetadata): ElementType {
  const { type, size, signed: isSigned, littleEndian: isLittleEndian, vlen } = metadata;
  const made = (kind: ElementType['kind'], name: string): ElementType => ({
    ...{ kind, size, isSigned, name },
    isLittleEndian: isLittleEndian || size === 1,
  });
  if (type === 0 && [1, 2, 4, 8].includes(size))
    return made('integer', `${isSigned ? '' : 'u'}int${size * 8}`);
  if (type === 1 && [2, 4, 8].includes(size)) return made('float', `float${size * 8}`);
  if (type === 8 && size === 1 && isBool(metadata)) return made('bool', 'bool');
  if (type === 3 && vlen) return made('other', 'text');
  if (type === 3 || type === 5) return made('bytes', type === 3 ? `S${size}` : `V${size}`);
  if (type === 9 && metadata.vlen_type?.type === 0 && metadata.vlen_type.size === 1)
    return made('variable', 'variable-length uint8');
  return made('other', CLASS_NAMES[type] ?? `type ${type} of ${size} bytes`);
}

/** As h5py stores numpy's bool. */
const isBool = ({ enum_type }: LibraryMetadata): boolean =>
  JSON.stringify(Object.entries(enum_type?.members ?? {}).sort()) === '[["FALSE",0],["TRUE",1]]';
