/** What a machine is, as far as it explains how long something took or how it was drawn. Not which one it is. */
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

export interface MachineFacts {
  cpu: string;
  /** That this process may use. */
  cores: number;
  /** Of the machine or, in a container, of its share. */
  memory_gib: number;
  os: string;
  node: string;
}

export function machineFacts(): MachineFacts {
  const share = process.constrainedMemory();
  const bytes = share > 0 && share < totalmem() ? share : totalmem();
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memory_gib: Math.round((bytes / 2 ** 30) * 10) / 10,
    os: `${type()} ${release()} ${process.arch}`,
    node: process.version,
  };
}
