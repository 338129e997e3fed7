/**
 * Reads HDF5 files that may come from anyone. The library runs in a thread that sees one file (worker.ts); the thread
 * is ended when it computes or takes memory beyond what its file can explain.
 */
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InputError } from '../../sim/errors.ts';
import type { Hdf5Structure, RowBytes, WorkerReply, WorkerRequest } from './structure.ts';

/** Computing time for a file: as much to begin with, and what its bytes and those unpacked from it take at this rate. */
const LIMIT = { cpuS: 2.5, bytesPerS: 20e6, memoryBytes: 700e6 } as const;
const POLL_MS = 50;

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** One file at a time is open. Close it, or the thread stays. */
export class Hdf5Reader {
  #worker: Worker | null = null;
  #count = 0;
  #path = '';
  /** Of the file, and of all that was read from it. */
  #bytes = 0;
  /** Computed for the file so far. */
  #spentS = 0;

  /** What is in the file. Its `faults` say why it must not be read; InputError when it is not HDF5 at all. */
  async open(path: string): Promise<Hdf5Structure> {
    [this.#path, this.#bytes, this.#spentS] = [path, 0, 0];
    const structure = (await this.#ask({ kind: 'open', path })) as Hdf5Structure;
    this.#bytes = structure.bytes;
    // An error may have left the library in any state.
    if (structure.faults.length > 0) await this.close();
    return structure;
  }

  /** @param path inside the file, without the leading slash */
  async rows(path: string, from: number, to: number): Promise<Uint8Array> {
    const rows = (await this.#ask({ kind: 'rows', path: `/${path}`, from, to })) as RowBytes;
    const bytes = 'bytes' in rows ? rows.bytes : rows.items[0];
    this.#bytes += bytes.length;
    return bytes;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  async #ask(request: WithoutId<WorkerRequest>): Promise<unknown> {
    const worker = this.#thread();
    const id = this.#count++;
    const name = basename(this.#path);
    const inside = 'from' in request ? ` ${request.path}` : '';
    try {
      return await new Promise<unknown>((resolve, reject) => {
        const stopWatching = this.#watch((reason) =>
          reject(new InputError(`${this.#path}:${inside} ${reason}`)),
        );
        const settle = (act: () => void): void => {
          stopWatching();
          worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
          act();
        };
        worker.once('message', (reply: WorkerReply) =>
          settle(() => {
            if (!('error' in reply)) resolve(reply.value);
            else if (reply.isInput) reject(new InputError(reply.error));
            else reject(new InputError(`${this.#path}:${inside} cannot be read as HDF5: ${reply.error}`));
          }),
        );
        const crashed = (): void =>
          settle(() =>
            reject(new InputError(`${this.#path}: the HDF5 library fails on ${name}; it is damaged`)),
          );
        worker.once('error', crashed);
        worker.once('exit', crashed);
        worker.postMessage({ ...request, id } as WorkerRequest);
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The library is quiet: what it has to say comes as an error. */
  #thread(): Worker {
    this.#worker ??= new Worker(new URL('./worker.ts', import.meta.url), { stdout: true, stderr: true });
    return this.#worker;
  }

  /** Calls `stop` once when this process computes or grows more than one request can explain. */
  #watch(stop: (reason: string) => void): () => void {
    const before = { cpu: process.cpuUsage(), memory: process.memoryUsage.rss() };
    const allowedS = LIMIT.cpuS + this.#bytes / LIMIT.bytesPerS;
    const timer = setInterval(() => {
      const { user, system } = process.cpuUsage(before.cpu);
      const spentS = this.#spentS + (user + system) / 1e6;
      const grown = process.memoryUsage.rss() - before.memory;
      if (spentS > allowedS)
        stop(`takes the HDF5 library more than ${allowedS.toFixed(1)} s to read; it is damaged`);
      else if (grown > LIMIT.memoryBytes)
        stop(`takes the HDF5 library more than ${LIMIT.memoryBytes / 1e6} MB to read; it is damaged`);
    }, POLL_MS);
    return () => {
      clearInterval(timer);
      const { user, system } = process.cpuUsage(before.cpu);
      this.#spentS += (user + system) / 1e6;
    };
  }
}
