/**
 * Runs the HDF5 library (HDF5 2.0 compiled to WebAssembly) in a thread of its own: a hostile file can make it loop or
 * crash, and a thread can be ended.
 */
import type { FileHandle } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import h5wasm, { type File } from 'h5wasm';
import { openRegular } from '../../runtime/regular-file.ts';
import { InputError } from '../../sim/errors.ts';
import { MAX_ROW_BYTES, type RowBytes, type WorkerReply, type WorkerRequest } from './structure.ts';
import { type EmscriptenFs, VirtualFiles } from './virtual-file.ts';
import { type LibraryFile, type LibraryMetadata, libraryMessage, walk } from './walk.ts';

const library = await h5wasm.ready;
library.activate_throwing_error_handler();
const files = new VirtualFiles(library.FS as unknown as EmscriptenFs);
let open: { file: File; handle: FileHandle; bytes: number } | null = null;

parentPort!.on('message', async (request: WorkerRequest) => {
  let reply: WorkerReply;
  try {
    reply = { id: request.id, value: await answer(request) };
  } catch (error) {
    const isInput = error instanceof InputError;
    reply = { id: request.id, error: isInput ? error.message : libraryMessage(error), isInput };
  }
  parentPort!.postMessage(reply);
});

async function answer(request: WorkerRequest) {
  if (request.kind === 'rows') return rows(open!.file, request.path, [request.from, request.to]);
  await close();
  if (request.kind === 'close') return null;
  const { file: handle, bytes } = await openRegular(request.path);
  const file = new h5wasm.File(files.show(handle.fd, bytes), 'r');
  open = { file, handle, bytes };
  return walk(libraryFile(file), bytes);
}

async function close(): Promise<void> {
  if (!open) return;
  open.file.close();
  files.hide();
  await open.handle.close();
  open = null;
}

function libraryFile({ file_id }: File): LibraryFile {
  const metadataOf = (metadata: unknown) => metadata as LibraryMetadata | null;
  return {
    names: (group) => library.get_names(file_id, group, false),
    attributeNames: (path) => library.get_attribute_names(file_id, path),
    attributeMetadata: (path, name) => metadataOf(library.get_attribute_metadata(file_id, path, name)),
    attributeValue: (path, name) => new h5wasm.Group(file_id, path).get_attribute(name, false),
    externalLink: (path) => library.get_external_link(file_id, path),
    softLink: (path) => library.get_symbolic_link(file_id, path),
    objectType: (path) => library.get_type(file_id, path),
    datasetMetadata: (path) => metadataOf(library.get_dataset_metadata(file_id, path)),
    filters: (path) => library.get_dataset_filters(file_id, path),
    probe: (path, { shape, size, type }) => {
      if (size > MAX_ROW_BYTES) throw new Error(`an element of ${size} bytes`);
      const first = shape!.map(() => 1n);
      const isVariable = type === 9 || metadataOf(library.get_dataset_metadata(file_id, path))!.vlen;
      readBlock(file_id, path, { count: first, offset: shape!.map(() => 0n), bytes: size, isVariable });
    },
    takeWanted: () => files.takeWanted(),
  };
}

interface Block {
  count: bigint[];
  offset: bigint[];
  bytes: number;
  isVariable: boolean;
}

/** The bytes of a block as they lie in the file; of values of variable size the bytes that they point to. */
function readBlock(fileId: bigint, path: string, { count, offset, bytes, isVariable }: Block): RowBytes {
  const pointer = library._malloc(Math.max(1, bytes));
  if (pointer === 0) throw new Error(`no memory for ${bytes} bytes`);
  try {
    library.HEAPU8.fill(0, pointer, pointer + bytes);
    const strides = count.map(() => 1n);
    const status = library.get_dataset_data(fileId, path, count, offset, strides, BigInt(pointer));
    if (status < 0) throw new Error('the HDF5 library could not read it');
    if (!isVariable) return { bytes: library.HEAPU8.slice(pointer, pointer + bytes) };
    const items: Uint8Array[] = [];
    const pairs = new Uint32Array(library.HEAPU8.slice(pointer, pointer + bytes).buffer);
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const [length, from] = [pairs[at], pairs[at + 1]];
      if (from + length > library.HEAPU8.length) throw new Error('a value that is not in the file');
      items.push(library.HEAPU8.slice(from, from + length));
    }
    const withCount = library as unknown as { reclaim_vlen_memory_count(...given: unknown[]): number };
    withCount.reclaim_vlen_memory_count(fileId, path, '', BigInt(pointer), count);
    return { items };
  } finally {
    library._free(pointer);
  }
}

function rows({ file_id }: File, path: string, [from, to]: [number, number]): RowBytes {
  const metadata = library.get_dataset_metadata(file_id, path) as unknown as LibraryMetadata;
  const [, ...rest] = metadata.shape!;
  const bytes = rest.reduce((a, b) => a * b, metadata.size) * (to - from);
  if (bytes > MAX_ROW_BYTES) throw new Error(`${bytes} bytes at once, at most ${MAX_ROW_BYTES} are read`);
  return readBlock(file_id, path, {
    count: [BigInt(to - from), ...rest.map(BigInt)],
    offset: metadata.shape!.map((_, d) => (d === 0 ? BigInt(from) : 0n)),
    ...{ bytes, isVariable: metadata.type === 9 },
  });
}
