/** Opens meta/info.json of a LeRobot v3.0 dataset, ours or anyone's, and says why a folder is not one. */
import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { confinedRealPath, isInside, unsafeNameReason } from '../runtime/confined-path.ts';
import { readRegular } from '../runtime/regular-file.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import {
  CHUNKS_SIZE,
  CODEBASE_VERSION,
  DATA_PATH,
  fillPath,
  INFO_FILE,
  templateFault,
  VIDEO_PATH,
} from './layout.ts';
import { parsePythonJson } from './python-json.ts';
import { workFolder } from './staging.ts';

const whole = z.int().nonnegative();

/** Recorders have tens; what is made from them grows with their number. */
const MAX_FEATURES = 10_000;
/** So many faults are listed; the rest is counted. */
const MAX_LISTED = 20;

const featureSchema = z.looseObject({
  dtype: z.string(),
  shape: z.array(whole).max(8),
  // Lists, lists in lists, dictionaries of lists: lerobot takes whatever a recorder left. See camera-shape.ts.
  names: z.custom<string[] | Record<string, unknown> | null | undefined>(() => true).optional(),
});

/** What lerobot 0.6.1 fills in when it is absent is filled in here, too. */
/** Frames per second that no camera has; more is a damaged file. */
export const MAX_FPS = 1000;

const infoSchema = z.looseObject({
  codebase_version: z.string(),
  robot_type: z.string().nullish(),
  total_episodes: whole.default(0),
  total_frames: whole.default(0),
  total_tasks: whole.optional(),
  chunks_size: z.int().positive().default(CHUNKS_SIZE),
  fps: z.number().positive().max(MAX_FPS),
  splits: z.record(z.string(), z.unknown()).nullish(),
  data_path: z.string().default(DATA_PATH),
  video_path: z.string().nullish().default(VIDEO_PATH),
  features: z.record(z.string(), featureSchema),
});

export type DatasetInfo = z.infer<typeof infoSchema>;

/** Reads and checks info.json. Throws InputError when `root` is not a LeRobot v3.0 dataset. */
export async function readInfo(root: string): Promise<DatasetInfo> {
  if (!existsSync(root)) throw new InputError(`${root} does not exist; name the folder of a LeRobot dataset`);
  if (!statSync(root).isDirectory())
    throw new InputError(`${root} is a file; name the folder of a LeRobot dataset`);
  const path = join(root, INFO_FILE);
  if (!existsSync(path)) throw new InputError(notADataset(root));
  const value = parseJson(path, (await readRegular(confinedRealPath(root, INFO_FILE))).toString('utf8'));
  assertVersion(root, value);
  assertFewFeatures(path, value);
  const parsed = infoSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`);
    throwFaults(path, shortened(faults));
  }
  const info = parsed.data as DatasetInfo;
  throwFaults(path, shortened(nameFaults(info)));
  for (const template of [info.data_path, info.video_path ?? '']) {
    confinedPath(root, fillPath(template, { chunk: 0, file: 0 }, 'key'));
  }
  return info;
}

function assertFewFeatures(path: string, value: unknown): void {
  const features = (value as { features?: unknown }).features;
  const count = features && typeof features === 'object' ? Object.keys(features).length : 0;
  if (count > MAX_FEATURES)
    throw new InputError(`${path} has ${count} features, at most ${MAX_FEATURES} are read`);
}

/** Names become paths: of cameras below videos/, of every feature inside an HDF5 file. */
function nameFaults({ features, data_path, video_path }: DatasetInfo): string[] {
  const faults: string[] = [];
  for (const [name, { dtype, shape }] of Object.entries(features)) {
    const shown = JSON.stringify(name.slice(0, 80));
    const reason = name
      .split('/')
      .map(unsafeNameReason)
      .find((part) => part !== undefined);
    const harm = reason === 'is a folder reference' ? ' and leads out of the dataset' : '';
    if (reason) faults.push(`features: the name ${shown} ${reason}${harm}; rename it`);
    if ((dtype === 'video' || dtype === 'image') && shape.length !== 3 && shape.length !== 2)
      faults.push(`features: the camera ${shown} has a shape of ${shape.length} axes, not 3`);
  }
  for (const [key, template] of Object.entries({ data_path, video_path })) {
    const fault = template && templateFault(template);
    if (fault) faults.push(`${key}: ${fault}`);
  }
  return faults;
}

function shortened(faults: string[]): string[] {
  if (faults.length <= MAX_LISTED) return faults;
  return [...faults.slice(0, MAX_LISTED), `and ${faults.length - MAX_LISTED} more`];
}

function notADataset(root: string): string {
  if (existsSync(workFolder(root))) {
    return `${root} holds an unfinished run and no dataset yet; finish it with \`brickyard gen --resume --out ${root}\``;
  }
  return `${root} is not a LeRobot dataset: it has no ${INFO_FILE}; name the folder that contains meta, data and videos`;
}

function parseJson(path: string, text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (error) {
    throw new InputError(
      `${path} is not JSON (${(error as Error).message}); restore it or generate the dataset again`,
    );
  }
}

function assertVersion(root: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(
      `${join(root, INFO_FILE)} holds no JSON object; it is not the info.json of a LeRobot dataset`,
    );
  const version = (value as { codebase_version?: unknown } | null)?.codebase_version;
  if (version === CODEBASE_VERSION) return;
  if (typeof version === 'string' && /^v?[12]\./.test(version)) {
    throw new InputError(
      `${root} is a LeRobot dataset of version ${version}, this reads ${CODEBASE_VERSION}; convert it with \`python -m lerobot.datasets.v30.convert_dataset_v21_to_v30 --repo-id=NAME --root=${root} --push-to-hub=false\` (from 2.0 or older, to 2.1 first)`,
    );
  }
  throw new InputError(
    `${root} has codebase_version ${JSON.stringify(version)}, this reads ${CODEBASE_VERSION}`,
  );
}

/**
 * A path of a dataset as a path on disk, by its text alone; the file is confined again, links resolved, when it is
 * opened. Throws InputError for a path that leaves `root`.
 */
export function confinedPath(root: string, path: string): string {
  const full = resolve(root, path);
  if (isAbsolute(path) || !isInside(resolve(root), full)) {
    throw new InputError(
      `${root}: the path ${path} of its info.json leads out of the dataset; do not trust it`,
    );
  }
  return full;
}
