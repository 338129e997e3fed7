/**
 * A dataset whose append was killed between its first new file and info.json. LeRobot leaves alone what lies beyond
 * the episodes and frames that info.json counts; so do we, and say once how it is completed.
 */
import { existsSync } from 'node:fs';
import type { DatasetInfo } from './dataset-info.ts';
import { readPublishPlan } from './publish-plan.ts';
import { workFolder } from './staging.ts';

export interface UnfinishedAppend {
  /** Files of rows beyond the dataset's, relative to it. */
  beyond: ReadonlySet<string>;
  /** For a person. */
  message: string;
}

/** @param rowsOf of a file of the dataset, by its relative path */
export async function findUnfinishedAppend(
  root: string,
  info: DatasetInfo,
  files: { episodes: readonly string[]; data: readonly string[] },
  rowsOf: (path: string) => Promise<number>,
): Promise<UnfinishedAppend | null> {
  const plan = readPublishPlan(root);
  if (plan && info.total_episodes === plan.episodesBefore) {
    const beyond = plan.moves.map(({ to }) => to).filter((path) => path.endsWith('.parquet'));
    const more = plan.result.episodes - plan.episodesBefore;
    return {
      beyond: new Set(beyond.filter((path) => !path.endsWith('tasks.parquet'))),
      message: `an append of ${more} episodes was interrupted before info.json counts them: complete it with \`brickyard gen --resume --out ${root}\``,
    };
  }
  const episodes = await filesBeyond(files.episodes, info.total_episodes, rowsOf);
  const data = await filesBeyond(files.data, info.total_frames, rowsOf);
  if (!episodes || !data || episodes.length + data.length === 0) return null;
  const beyond = new Set([...episodes, ...data]);
  const isOurs = existsSync(workFolder(root));
  const [one] = beyond;
  return {
    beyond,
    message: `${beyond.size} files (${one}${beyond.size > 1 ? ', …' : ''}) lie beyond the ${info.total_episodes} episodes that info.json counts, as an interrupted append leaves them: ${
      isOurs
        ? `complete it with \`brickyard gen --resume --out ${root}\``
        : 'the next `brickyard gen --append` removes them'
    }`,
  };
}

/**
 * The files behind the one that holds row number `total` - 1, when a file ends there; null when none does, or one
 * cannot be read: such a dataset has another fault.
 */
async function filesBeyond(
  paths: readonly string[],
  total: number,
  rowsOf: (path: string) => Promise<number>,
): Promise<string[] | null> {
  let rows = 0;
  for (const [i, path] of paths.entries()) {
    if (rows === total && i > 0) return paths.slice(i);
    try {
      rows += await rowsOf(path);
    } catch {
      return null;
    }
    if (rows > total) return null;
  }
  return rows === total ? [] : null;
}
