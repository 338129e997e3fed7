/** Which checkpoint of a run RUN@STEP, RUN@best and the like mean. Pure. */
import { InputError } from '../sim/errors.ts';

/**
 * The one of `names`, the folders and links in RUN/checkpoints, that is wanted: by name, or a step by its number.
 * @param subject put before the sentence of the error
 * @throws InputError that lists what there is
 */
export function namedCheckpoint(run: string, names: readonly string[], wanted: string, subject = ''): string {
  const isStep = /^\d+$/.test(wanted);
  const found = names.find((name) => name === wanted || (isStep && Number(name) === Number(wanted)));
  if (found !== undefined) return found;
  throw new InputError(
    `${subject}run ${run} has no checkpoint "${wanted}"; there are ${names.join(', ') || 'none yet'}`,
  );
}
