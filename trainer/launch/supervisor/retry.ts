/** When a request that failed is made again: a little later each time, never all at once, and with an end. */
import type { Random } from '../remote/ports.ts';

const FIRST_MS = 5_000;
const LONGEST_MS = 120_000;

export interface Retry {
  failures: number;
  sinceMs: number;
  untilMs: number;
  why: string;
}

/** Half of it is drawn, so that many supervisors do not ask in step. */
export function backoffMs(failures: number, random: Random): number {
  const full = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return full / 2 + (full / 2) * random.next();
}

/** Failures in a row, by what was asked. */
export class Retries {
  readonly #entries = new Map<string, Retry>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  failed(key: string, why: string, nowMs: number): Retry {
    const before = this.#entries.get(key);
    const failures = (before?.failures ?? 0) + 1;
    const untilMs = nowMs + backoffMs(failures, this.#random);
    const entry = { failures, sinceMs: before?.sinceMs ?? nowMs, untilMs, why };
    this.#entries.set(key, entry);
    return entry;
  }

  succeeded(key: string): void {
    this.#entries.delete(key);
  }

  get(key: string): Retry | undefined {
    return this.#entries.get(key);
  }

  /** Earliest time of the next try. */
  untilMs(key: string): number {
    return this.#entries.get(key)?.untilMs ?? 0;
  }

  /** What fails now, the longest first. */
  troubles(): string[] {
    return [...this.#entries.values()].sort((a, b) => a.sinceMs - b.sinceMs).map(({ why }) => why);
  }
}
