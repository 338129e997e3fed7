/**
 * Shows one open file, and nothing else, to the HDF5 library. Files may name other files (external storage, external
 * links, virtual datasets) and the library would open them; in its file system there are none, and what it asked for
 * is kept, so that the refusal can name it.
 */
import { readSync } from 'node:fs';

/** The part of Emscripten's file system that is used here. */
export interface EmscriptenFs {
  open(path: string, ...rest: unknown[]): unknown;
  writeFile(path: string, data: Uint8Array): void;
  unlink(path: string): void;
  lookupPath(path: string): { node: MemoryNode };
}

interface MemoryNode {
  usedBytes: number;
  contents: Uint8Array | null;
  stream_ops: object;
}

interface OpenStream {
  position: number;
}

export class VirtualFiles {
  readonly #fs: EmscriptenFs;
  /** Paths that the library wanted to open although they are not the file's. */
  readonly #wanted = new Set<string>();
  #shown: string | null = null;
  #count = 0;

  constructor(fs: EmscriptenFs) {
    this.#fs = fs;
    const open = fs.open.bind(fs);
    fs.open = (path, ...rest) => {
      const isOwn = path === this.#shown || path.startsWith('/tmp/') || path.startsWith('/dev/');
      if (!isOwn) this.#wanted.add(path);
      return open(path, ...rest);
    };
  }

  /** The path by which the library finds the file. One at a time. */
  show(fd: number, bytes: number): string {
    this.hide();
    const path = `/shown-${this.#count++}.hdf5`;
    this.#fs.writeFile(path, new Uint8Array(0));
    const { node } = this.#fs.lookupPath(path);
    node.usedBytes = bytes;
    const read = (
      _stream: OpenStream,
      buffer: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ) => readSync(fd, buffer, offset, Math.max(0, Math.min(length, bytes - position)), position);
    const llseek = (stream: OpenStream, offset: number, whence: number): number => {
      const [start, current] = [0, 1];
      if (whence === start) return offset;
      return whence === current ? stream.position + offset : bytes + offset;
    };
    node.stream_ops = { read, llseek };
    this.#shown = path;
    this.#wanted.clear();
    return path;
  }

  hide(): void {
    if (this.#shown) this.#fs.unlink(this.#shown);
    this.#shown = null;
  }

  /** What the library asked for since the last call. */
  takeWanted(): string[] {
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    return wanted;
  }
}
