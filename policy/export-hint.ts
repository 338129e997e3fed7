/** What to do about a checkpoint that has no policy folder yet. */
import { join } from 'node:path';
import { readJsonSync } from '../runtime/regular-file.ts';
import { shellLine } from '../runtime/shell-line.ts';

/** The command that exports a checkpoint of a run to where evaluation looks for it. @param run absolute folder */
export function exportHint(run: string, checkpointName: string): string {
  const checkpoint = join(run, 'checkpoints', checkpointName);
  const dataset = datasetOf(run) ?? 'DATASET';
  const words = [
    'brickyard',
    'export',
    checkpoint,
    '--dataset',
    dataset,
    '--out',
    join(checkpoint, 'policy'),
  ];
  return `export it with: ${shellLine(words)}`;
}

/** As the run's own record names it; undefined where it does not, which a hint is no place to complain about. */
function datasetOf(run: string): string | undefined {
  try {
    const { dataset } = readJsonSync(join(run, 'run.json')) as { dataset?: { path?: unknown } };
    return typeof dataset?.path === 'string' ? dataset.path : undefined;
  } catch {
    return undefined;
  }
}
