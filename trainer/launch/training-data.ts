/**
 * Whether a dataset may be trained on. It is validated before every training; a verdict is kept, keyed by the names,
 * sizes and times of all its files, so that a second start does not read them again.
 */
import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { CheckName } from '../../dataset/checks/names.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { cacheFolder } from '../../runtime/cache-folder.ts';
import { Disk } from '../../runtime/disk.ts';
import { packageVersion } from '../../runtime/package-version.ts';
import { NegativeResult, throwFaults } from '../../sim/errors.ts';
import { defaultTask } from '../../sim/tasks/default-task.ts';

/** Raised when validation asks for more, so that older verdicts do not count. */
const VERDICT_FORMAT = 2;
/** Faults shown; `dataset validate` lists the rest. */
const SHOWN_FAULTS = 5;

export interface TrainingDataOptions {
  root: string;
  minEpisodes: number;
  /** Checks of `dataset validate` to leave out. */
  skip?: readonly CheckName[];
  /** Hydra's overrides as typed: which cameras and which robot the policy is for. */
  overrides: readonly string[];
  /** Where verdicts are kept. */
  cache: string;
}

export interface TrainingData {
  episodes: number;
  frames: number;
  fps: number;
  /** Whether the verdict was there already. */
  remembered: boolean;
}

/** $XDG_CACHE_HOME/brickyard/validated, as the set-up has its cache. */
export function verdictFolder(): string {
  return cacheFolder('validated');
}

/**
 * @throws InputError when it is no dataset, or lacks what the policy wants
 * @throws NegativeResult with the first faults
 */
export async function checkTrainingData(options: TrainingDataOptions): Promise<TrainingData> {
  const { root, minEpisodes, overrides, cache } = options;
  // The range is a rule of our robots' controls; others are driven in degrees.
  const skip: CheckName[] = [
    ...(options.skip ?? []),
    ...(isForOurRobot(overrides) ? [] : ['action-range' as const]),
  ];
  const reader = await DatasetReader.open(root);
  const { info } = reader;
  const madeHere = (await reader.metadata().catch(() => null)) !== null; // what is wrong with it is a finding below
  throwFaults(`dataset ${root}`, missingFeatures(reader, overrides, madeHere));
  const found = { episodes: info.total_episodes, frames: info.total_frames, fps: info.fps };
  const verdict = join(cache, `${await stateOfFiles(root, minEpisodes, skip)}.json`);
  if (await isThere(verdict)) return { ...found, remembered: true };
  const { ok, faults } = await validateDataset(reader, { minEpisodes, deep: false, skip });
  if (!ok) {
    const lines = faults
      .slice(0, SHOWN_FAULTS)
      .map(
        ({ episode, check, message }) =>
          `  - ${check}${episode === null ? '' : `, episode ${episode}`}: ${message}`,
      );
    if (faults.length > SHOWN_FAULTS)
      lines.push(
        `  and ${faults.length - SHOWN_FAULTS} more; \`brickyard dataset validate ${root}\` lists all`,
      );
    throw new NegativeResult(
      `dataset ${root} is not fit for training; it has ${faults.length} fault${faults.length === 1 ? '' : 's'} (--skip CHECK leaves one check out):\n${lines.join('\n')}`,
    );
  }
  await new Disk().writeWhole(verdict, `${JSON.stringify({ ok: true, root, ...found })}\n`);
  return { ...found, remembered: false };
}

/** What the policy is fed with and the dataset does not have. */
function missingFeatures({ info }: DatasetReader, overrides: readonly string[], madeHere: boolean): string[] {
  const { features } = info;
  const cameras = Object.keys(features).filter((key) => ['video', 'image'].includes(features[key].dtype));
  const faults: string[] = [];
  for (const camera of wantedCameras(overrides)) {
    const key = cameras.includes(camera) ? camera : `observation.images.${camera}`;
    if (!cameras.includes(key))
      faults.push(
        `it has no camera ${key}; ${cameras.length === 0 ? 'it has none' : `it has ${cameras.join(', ')}: choose with data.cameras=[NAME]`}`,
      );
  }
  // Ours have the names of the task that they are of, whichever that is.
  const areNamesKnown = !madeHere && isForOurRobot(overrides);
  const { robot, stateLayouts } = defaultTask;
  const wanted = { 'observation.state': Object.values(stateLayouts)[0], action: robot.actionNames };
  for (const [key, names] of Object.entries(wanted)) {
    if (!features[key]) {
      faults.push(`it has no ${key}`);
      continue;
    }
    const found = flatNames(features[key].names);
    if (!areNamesKnown || names.every((name, i) => found[i] === name)) continue;
    faults.push(
      `its ${key} is ${found.length > 0 ? found.join(', ') : 'unnamed'}, the ${robot.noun}'s begins with ${names.join(', ')}: train another robot with env=any`,
    );
  }
  return faults;
}

/** The names of a vector's values; lerobot allows a list, lists in a record such as `motors`, or none. */
function flatNames(names: unknown): string[] {
  if (Array.isArray(names)) return names.flatMap(flatNames);
  if (typeof names === 'object' && names !== null) return Object.values(names).flatMap(flatNames);
  return typeof names === 'string' ? [names] : [];
}

const isForOurRobot = (overrides: readonly string[]): boolean => overrideOf(overrides, 'env') !== 'any';

function wantedCameras(overrides: readonly string[]): string[] {
  const given = overrideOf(overrides, 'data.cameras');
  if (given === undefined) return ['ego'];
  return given
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((name) => name.trim().replace(/^["']|["']$/g, ''))
    .filter((name) => name !== '');
}

/** Of the last override of that key. */
function overrideOf(overrides: readonly string[], key: string): string | undefined {
  return overrides.findLast((text) => text.startsWith(`${key}=`))?.slice(key.length + 1);
}

/** Changes whenever a file of the dataset does. */
async function stateOfFiles(root: string, minEpisodes: number, skip: readonly CheckName[]): Promise<string> {
  const real = await realpath(root);
  const entries = await readdir(real, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const lines: string[] = [];
  for (const path of paths.sort()) {
    const { size, mtimeMs } = await stat(path);
    lines.push(`${relative(real, path)}\0${size}\0${mtimeMs}`);
  }
  const asked = [VERDICT_FORMAT, packageVersion(), minEpisodes, [...new Set(skip)].sort().join(), real];
  const hash = createHash('sha256').update(`${asked.join('\0')}\n`);
  return hash.update(lines.join('\n')).digest('hex');
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
