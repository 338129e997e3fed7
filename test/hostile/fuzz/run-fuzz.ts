/** Draws inputs of a format from a seed and runs them under the limits of all hostile inputs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { actItems, hdf5Folder } from '../../dataset/hdf5-files.ts';
import type { HostileCase } from '../case.ts';
import { runCases, type Verdict } from '../run-cases.ts';
import { FUZZERS, type Fuzzed, useHdf5 } from './formats.ts';

export interface FuzzRun {
  format: Fuzzed;
  seed: number;
  runs: number;
}

/** The inputs of a seed; the first `n` are the same whatever the number of runs. */
export async function fuzzCases({ format, seed, runs }: FuzzRun): Promise<HostileCase[]> {
  if (format === 'HDF5') await makeHdf5();
  return fc.sample(FUZZERS[format], { seed, numRuns: runs }).map((input, i) => ({
    name: `seed ${seed}, input ${i}`,
    ...{ format, kind: 'damaged', codes: [0, 1, 2], says: /\S/ },
    ...input,
  }));
}

export const fuzz = async (run: FuzzRun): Promise<Verdict> => runCases(await fuzzCases(run));

async function makeHdf5(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'brickyard-fuzz-hdf5-'));
  const root = await hdf5Folder(join(folder, 'h'), actItems());
  useHdf5(readFileSync(join(root, 'episode_0.hdf5')));
  rmSync(folder, { recursive: true });
}
