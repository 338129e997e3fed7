/** Which folder of weights a checkpoint's or a run's name means. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { namedCheckpoint } from '../../policy/named-checkpoint.ts';
import { InputError } from '../../sim/errors.ts';

/**
 * Where lerobot's files lie below what was named: a pretrained_model folder, the checkpoint around it, a run (its best
 * by loss, else its last), or RUN@STEP, RUN@best, RUN@last.
 * @throws InputError when there is no such checkpoint
 */
export function pretrainedModel(path: string): string {
  const at = existsSync(path) ? -1 : path.lastIndexOf('@');
  const run = path.slice(0, Math.max(0, at));
  const folder = join(run, 'checkpoints');
  if (at > 0 && existsSync(folder)) {
    const name = namedCheckpoint(run, readdirSync(folder).sort(), path.slice(at + 1));
    return join(folder, name, 'pretrained_model');
  }
  const places = [
    '',
    'pretrained_model',
    'checkpoints/best/pretrained_model',
    'checkpoints/last/pretrained_model',
  ];
  const found = places
    .map((place) => join(path, place))
    .find((folder) => existsSync(join(folder, 'config.json')));
  if (found) return found;
  throw new InputError(
    existsSync(path)
      ? `${path} is no checkpoint: neither it nor its pretrained_model has a config.json`
      : `${path} does not exist; name a checkpoint or a run (RUN, RUN@best, RUN@STEP)`,
  );
}
