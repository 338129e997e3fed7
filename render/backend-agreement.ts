/**
 * Which backend the worker threads of one run draw with: the first thread to need a browser finds it out, the others
 * wait for that and use the same, so that a browser that fails in one thread cannot make it draw other pixels.
 */
import type { Backend } from './chromium.ts';

const STATE = { open: 0, probing: 1, decided: 2 } as const;
const NAMES: readonly Backend[] = ['gl-egl', 'swiftshader'];
/** A thread that was ended while it probed does not say so. */
const PROBE_LIMIT_MS = 240_000;

export class BackendAgreement {
  readonly shared: SharedArrayBuffer;
  readonly #cell: Int32Array<SharedArrayBuffer>;

  /** @param shared given to each thread; a new one by default */
  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#cell = new Int32Array(shared);
  }

  /**
   * What `probe` found, in the thread that ran it; in the others its backend alone.
   * When a probe fails its thread gets the error, and the next thread probes.
   */
  async decide<R extends { backend: Backend }>(probe: () => Promise<R>): Promise<R | { backend: Backend }> {
    for (;;) {
      const state = Atomics.compareExchange(this.#cell, 0, STATE.open, STATE.probing);
      if (state === STATE.open) return this.#probe(probe);
      if (state >= STATE.decided) return { backend: NAMES[state - STATE.decided] };
      const { async, value } = Atomics.waitAsync(this.#cell, 0, STATE.probing, PROBE_LIMIT_MS);
      if (async && (await value) === 'timed-out')
        Atomics.compareExchange(this.#cell, 0, STATE.probing, STATE.open);
    }
  }

  async #probe<R extends { backend: Backend }>(probe: () => Promise<R>): Promise<R> {
    try {
      const found = await probe();
      this.#settle(STATE.decided + NAMES.indexOf(found.backend));
      return found;
    } catch (error) {
      this.#settle(STATE.open);
      throw error;
    }
  }

  #settle(state: number): void {
    Atomics.store(this.#cell, 0, state);
    Atomics.notify(this.#cell, 0);
  }
}
