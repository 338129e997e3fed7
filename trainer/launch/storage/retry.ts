/** Trying again what may go well the next time: longer and longer waits, with chance in them. */
import { StoreError } from '../remote/ports.ts';

export interface RetryPolicy {
  /** All tries together. */
  tries: number;
  /** Before the second one; doubles from then on. Each is shortened by up to a half, by chance. */
  firstWaitMs: number;
  longestWaitMs: number;
  wait(durationMs: number): Promise<void>;
  random(): number;
}

/** About half a minute in all: a storage outage that lasts longer is the caller's to sit out. */
export const DEFAULT_RETRY: RetryPolicy = {
  tries: 7,
  firstWaitMs: 500,
  longestWaitMs: 16_000,
  wait: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
  random: Math.random,
};

/** A fault that may be gone the next time, and when the server says to come back. */
export class TransientFault extends StoreError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0) {
    super('transient', message);
    this.retryAfterMs = retryAfterMs;
  }
}

export function waitBefore(policy: RetryPolicy, failures: number, error: unknown): number {
  const longest = Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** (failures - 1));
  const told = error instanceof TransientFault ? Math.min(error.retryAfterMs, policy.longestWaitMs) : 0;
  return Math.max(told, longest * (1 - policy.random() / 2));
}

/** @param action is told how often it has failed */
export async function retried<T>(policy: RetryPolicy, action: (failures: number) => Promise<T>): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await action(failures);
    } catch (error) {
      failures++;
      const mayGoWell = error instanceof StoreError && error.fault === 'transient';
      if (!mayGoWell || failures >= policy.tries) throw error;
      await policy.wait(waitBefore(policy, failures, error));
    }
  }
}
