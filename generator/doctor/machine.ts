/** What this machine has to work with. */
import { existsSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';

export interface Machine {
  cpu: string;
  cores: number;
  /** Of the machine or, in a container, of its share. */
  memoryBytes: number;
  memoryFreeBytes: number;
  /** On the file system of the folder asked for. */
  diskFreeBytes: number;
  folder: string;
}

/** Measured at 320x240: a worker thread with its Chromium; its share of memory, shared pages divided. */
export const MEMORY_A_WORKER_BYTES = 700e6;

/** `folder` need not exist yet; its nearest ancestor that does is asked. */
export function describeMachine(folder: string): Machine {
  const limit = process.constrainedMemory();
  const isLimited = limit > 0 && limit < totalmem();
  const existing = nearestExisting(folder);
  const { bavail, bsize } = statfsSync(existing);
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: isLimited ? limit : totalmem(),
    memoryFreeBytes: process.availableMemory(),
    diskFreeBytes: bavail * bsize,
    folder: existing,
  };
}

function nearestExisting(folder: string): string {
  return existsSync(folder) || folder === dirname(folder) ? folder : nearestExisting(dirname(folder));
}
