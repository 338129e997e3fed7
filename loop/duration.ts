/** Lengths of time as people write them: 8h, 90m, 1h30m, 45s. */
import { InputError } from '../sim/errors.ts';

const PATTERN = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?$/;

/**
 * @returns seconds, above 0
 * @throws InputError when the text is no length of time
 */
export function parseDuration(option: string, text: string): number {
  const match = PATTERN.exec(text.trim());
  const [hours, minutes, seconds] = (match ?? []).slice(1).map((part) => Number(part ?? 0));
  const durationS = match ? hours * 3600 + minutes * 60 + seconds : 0;
  if (durationS > 0) return durationS;
  throw new InputError(`${option} is "${text}", but must be a length of time such as 8h, 90m or 1h30m`);
}
