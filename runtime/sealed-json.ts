/**
 * JSON objects that carry a checksum of their own text as a last member, `"sum"`: a flipped bit shows, and whoever
 * only parses JSON need not know of it.
 */
import { createHash } from 'node:crypto';

/** Of files that grow with a run, such as a line for each of a million episodes; longer ones do not fit into a string. */
export const RECORD_MAX_BYTES = 500 * 1024 * 1024;

const SEAL = /,\s*"sum":"([0-9a-f]{16})"\s*\}\s*$/;

export type Opened =
  /** As it was sealed; `text` is without the checksum. */
  | { kind: 'intact'; text: string }
  /** Not sealed: from before there were checksums, or damaged at the seal itself. */
  | { kind: 'unsealed'; text: string }
  | { kind: 'damaged' };

/** The text of a JSON object with its checksum. Text that is not an object with a member stays as it is. */
export function seal(text: string): string {
  const body = bodyOf(text);
  return body === null ? text : `${body},"sum":"${sumOf(body)}"}`;
}

/** Looks at what `seal` returned, or at what is left of it. */
export function openSeal(text: string): Opened {
  const found = SEAL.exec(text);
  if (!found) return { kind: 'unsealed', text };
  const body = text.slice(0, found.index);
  return sumOf(body) === found[1] ? { kind: 'intact', text: `${body}}` } : { kind: 'damaged' };
}

/** All but the closing brace; null where that is not a JSON object with a member. */
function bodyOf(text: string): string | null {
  const whole = text.trim();
  if (!whole.startsWith('{') || !whole.endsWith('}')) return null;
  const body = whole.slice(0, -1).trimEnd();
  return body.length > 1 ? body : null;
}

const sumOf = (body: string): string => createHash('sha256').update(body).digest('hex').slice(0, 16);
