/** Memory of a process and all that it started, as proportional set size: what is shared counts by its share. */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { allProcesses } from '../../runtime/process-stat.ts';

export interface MemorySample {
  /** The largest Node process: the command with its worker threads. */
  mainMib: number;
  /** It and every process below it. */
  treeMib: number;
}

/** Now, for the process with this id and its descendants. */
export function sampleMemory(pid: number): MemorySample {
  let mainMib = 0;
  let treeMib = 0;
  for (const member of processTree(pid)) {
    const pssMib = proportionalSetMib(member);
    treeMib += pssMib;
    if (isNode(member)) mainMib = Math.max(mainMib, pssMib);
  }
  return { mainMib, treeMib };
}

function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const { pid, parent } of allProcesses()) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Not the name in `comm`, which Node sets to that of its main thread. */
function isNode(pid: number): boolean {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)) === 'node';
  } catch {
    return false;
  }
}

function proportionalSetMib(pid: number): number {
  const kb = /^Pss:\s+(\d+) kB/m.exec(readProc(pid, 'smaps_rollup') ?? '')?.[1];
  return Number(kb ?? 0) / 1024;
}

/** Undefined when the process ended meanwhile. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
