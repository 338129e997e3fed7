/** What a training's run folder says about itself. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readRegular } from '../../runtime/regular-file.ts';
import { InputError } from '../../sim/errors.ts';

/** The dataset that a run learned from. */
export async function datasetOfRun(run: string): Promise<string> {
  const path = join(run, 'run.json');
  let json: { dataset?: string | { path?: string; root?: string } };
  try {
    json = JSON.parse((await readRegular(path)).toString('utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(
      code === 'ENOENT' ? `${run} is no run: it has no run.json` : `${path} cannot be read: ${message}`,
    );
  }
  const { dataset } = json;
  const root = typeof dataset === 'string' ? dataset : (dataset?.path ?? dataset?.root);
  if (root) return root;
  throw new InputError(`${path} does not say which dataset it learned from: give --dataset`);
}

/** Folders of checkpoints, by step; what is in them may lack something. Links such as `last` are none. */
export function checkpointNames(run: string): string[] {
  const folder = join(run, 'checkpoints');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name) && lstatSync(join(folder, name)).isDirectory())
    .sort((a, b) => Number(a) - Number(b));
}
