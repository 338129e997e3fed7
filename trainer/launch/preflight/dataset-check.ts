/** Whether what is to be trained on is a dataset: in full where it lies here, by its own account where it is stored. */
import { z } from 'zod';
import type { CheckName } from '../../../dataset/checks/names.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { readTextIfThere } from '../storage/object-store.ts';
import { checkTrainingData, verdictFolder } from '../training-data.ts';
import { type Finding, fault, note, type PreflightCheck } from './run-checks.ts';

export interface DatasetCheckOptions {
  /** As the user named it. */
  location: string;
  minEpisodes: number;
  /** Checks of `dataset validate` to leave out. */
  skip?: readonly CheckName[];
  overrides: readonly string[];
}

const INFO = 'meta/info.json';
/** Written last by `dataset push`. */
const MANIFEST = 'dataset.manifest.json';

export function localDatasetCheck({
  location,
  minEpisodes,
  skip,
  overrides,
}: DatasetCheckOptions): PreflightCheck {
  return {
    name: 'dataset',
    // A large one on a busy disk is read for minutes the first time; its verdict is remembered.
    isUnlimited: true,
    run: async () => {
      const data = await checkTrainingData({
        root: location,
        minEpisodes,
        skip,
        overrides,
        cache: verdictFolder(),
      });
      return [note(`${data.episodes} episodes, ${data.frames} frames at ${data.fps} Hz`)];
    },
  };
}

const infoSchema = z.looseObject({
  codebase_version: z.string(),
  total_episodes: z.number().int().nonnegative(),
  total_frames: z.number().int().nonnegative(),
  fps: z.number().positive(),
  features: z.record(z.string(), z.unknown()),
});

/** Its videos are not read: the machine that trains compares every file as it fetches it. */
export function storedDatasetCheck(store: ObjectStore, options: DatasetCheckOptions): PreflightCheck {
  const { location, minEpisodes } = options;
  return {
    name: 'dataset',
    run: async (): Promise<Finding[]> => {
      const [text, manifest] = await Promise.all([
        readTextIfThere(store, INFO),
        location.startsWith('gs://') ? store.stat(MANIFEST) : Promise.resolve(undefined),
      ]);
      if (text === undefined)
        return [
          fault(
            `${location} is no LeRobot dataset, it has no ${INFO}: brickyard dataset push FOLDER ${location} puts one there`,
          ),
        ];
      if (manifest === null)
        return [
          fault(
            `${location} has no ${MANIFEST}, its upload did not end: brickyard dataset push FOLDER ${location} goes on with it`,
          ),
        ];
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        return [fault(`${location}/${INFO} is no JSON: brickyard dataset push FOLDER ${location}`)];
      }
      const info = infoSchema.safeParse(json);
      if (!info.success)
        return [
          fault(`${location}/${INFO} is no account of a LeRobot dataset: ${info.error.issues[0].message}`),
        ];
      const { codebase_version, total_episodes, total_frames, fps, features } = info.data;
      if (codebase_version !== 'v3.0')
        return [
          fault(`${location} is of LeRobot ${codebase_version}, not v3.0: convert it with lerobot first`),
        ];
      if (total_episodes < minEpisodes)
        return [
          fault(
            `${location} has ${total_episodes} episodes, fewer than ${minEpisodes}: --min-episodes ${total_episodes}, or more data`,
          ),
        ];
      const missing = ['observation.state', 'action'].filter((name) => !(name in features));
      if (missing.length > 0)
        return [fault(`${location} has no ${missing.join(' and no ')}: train on another`)];
      return [note(`${total_episodes} episodes, ${total_frames} frames at ${fps} Hz`)];
    },
  };
}
