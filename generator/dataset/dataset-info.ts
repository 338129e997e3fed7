/** Opens meta/info.json of a LeRobot v3.0 dataset, ours or anyone's, and says clearly why a folder is none. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { InputError, throwFaults } from '../../sim/errors.ts';
import { CODEBASE_VERSION, INFO_FILE } from './layout.ts';
import { workFolder } from './staging.ts';

const whole = z.int().nonnegative();

const featureSchema = z.looseObject({
  dtype: z.string(),
  shape: z.array(whole),
  names: z.union([z.array(z.string()), z.record(z.string(), z.unknown()), z.null()]).optional(),
});

const infoSchema = z.looseObject({
  codebase_version: z.string(),
  robot_type: z.string().nullish(),
  total_episodes: whole,
  total_frames: whole,
  total_tasks: whole,
  chunks_size: z.int().positive(),
  fps: z.number().positive(),
  splits: z.record(z.string(), z.string()).optional(),
  data_path: z.string(),
  video_path: z.string().nullish(),
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
  const value = parseJson(path, await readFile(path, 'utf8'));
  assertVersion(root, value);
  const parsed = infoSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`);
    throwFaults(path, faults);
  }
  return parsed.data as DatasetInfo;
}

function notADataset(root: string): string {
  if (existsSync(workFolder(root))) {
    return `${root} holds an unfinished run and no dataset yet; finish it with \`brickyard gen --resume --out ${root}\``;
  }
  return `${root} is not a LeRobot dataset: it has no ${INFO_FILE}; name the folder that contains meta, data and videos`;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `${path} is not JSON (${(error as Error).message}); restore it or generate the dataset again`,
    );
  }
}

function assertVersion(root: string, value: unknown): void {
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
 * A path of a dataset as a path on disk. Lexical: links are followed, because the Hub's cache keeps files as links to
 * a folder beside the dataset. Throws InputError for a path that leaves `root`.
 */
export function confinedPath(root: string, path: string): string {
  const full = resolve(root, path);
  const inside = relative(root, full);
  if (inside.startsWith('..') || isAbsolute(inside) || isAbsolute(path)) {
    throw new InputError(
      `${root}: the path ${path} of its info.json leads out of the dataset; do not trust it`,
    );
  }
  return full;
}
