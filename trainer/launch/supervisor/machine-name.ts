/** Names that a lost machine is found again by. */
import type { Random } from '../remote/ports.ts';

/** Of gcp and of hostnames (RFC 1035): lower case, digits, hyphens, at most 63. */
export function machineName(runId: string, count: number): string {
  const end = `-${count}`;
  const slug = runId.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `by-${slug}`.slice(0, 63 - end.length).replace(/-$/, '') + end;
}

/** A version 4 UUID (RFC 9562), which gcp wants for a request id. */
export function requestIdFrom(random: Random): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random.next() * 16).toString(16));
  hex[12] = '4';
  hex[16] = '89ab'[Math.floor(random.next() * 4)];
  const text = hex.join('');
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  );
}
