/** What of a dataset with an unfinished append cannot be checked. */
import type { DatasetReader } from '../reader.ts';
import type { CheckName } from './names.ts';

/**
 * Checks that an unfinished append would trip: those of the files that it replaces, where they are replaced already and
 * so ahead of info.json.
 */
export async function checksAhead(reader: DatasetReader): Promise<CheckName[]> {
  if (!(await reader.unfinishedAppend())) return [];
  const { info } = reader;
  const statistics = await reader.statistics().catch(() => null);
  const metadata = await reader.metadata().catch(() => null);
  const tasks = await reader.tasks().catch(() => []);
  const count = statistics?.index?.count;
  const frames = Array.isArray(count) ? Number(count[0]) : info.total_frames;
  const runs = (metadata?.runs ?? []).reduce((sum, run) => sum + run.episodes, 0);
  return [
    ...(frames > info.total_frames ? (['statistics', 'camera-std'] as const) : []),
    ...(runs > info.total_episodes ? (['content'] as const) : []),
    ...(tasks.length > (info.total_tasks ?? tasks.length) ? (['totals'] as const) : []),
  ];
}
