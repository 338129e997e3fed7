/**
 * How a machine's labels are kept at Verda: tags, and in the description, as not every answer has tags. What an evicted
 * machine leaves behind has a name alone.
 */
import { RUN_LABEL } from '../remote/supervisor-plan.ts';
import type { VerdaInstance } from './verda-api.ts';

export const OS_VOLUME_END = '-os';
const MOST_TAGS = 10;

export function tagsOf(labels: Readonly<Record<string, string>>): string[] {
  const tags = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  if (tags.length > MOST_TAGS)
    throw new RangeError(`Verda takes ${MOST_TAGS} tags, there are ${tags.length}`);
  return tags;
}

export function descriptionOf(labels: Readonly<Record<string, string>>): string {
  return `brickyard ${tagsOf(labels).join(' ')}`;
}

export function labelsOf({ tags, description }: VerdaInstance): Record<string, string> {
  const texts = (tags ?? []).map((tag) => (typeof tag === 'string' ? tag : (tag.name ?? '')));
  if (description?.startsWith('brickyard ')) texts.push(...description.split(' ').slice(1));
  return Object.fromEntries(
    texts.flatMap((text) => {
      const cut = text.indexOf('=');
      return cut > 0 ? [[text.slice(0, cut), text.slice(cut + 1)]] : [];
    }),
  );
}

/** The run whose machine is called so (../supervisor/machine-name.ts); undefined for other names. */
export function runOf(machineName: string): string | undefined {
  return /^by-(.+)-\d+$/.exec(machineName)?.[1];
}

/** Whether it is a machine's name of the run that the labels name, or of any when they name none. */
export function isNamedFor(machineName: string, labels: Readonly<Record<string, string>>): boolean {
  const run = runOf(machineName);
  return run !== undefined && (labels[RUN_LABEL] === undefined || labels[RUN_LABEL] === run);
}
