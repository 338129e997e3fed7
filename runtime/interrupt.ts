/**
 * Ctrl-C once: nothing new is begun, what is in flight ends, the state is kept. Twice: stop now. SIGTERM is the
 * same as the first. Whatever the end, no browser is left behind.
 */

export const INTERRUPTED_EXIT_CODE = 130;

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly stop: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/** What asks a command to end; SIGHUP: its terminal is gone. */
export const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @param actions.onFirst says what happens now; @param actions.onSecond must end at once, synchronously */
export function listenForInterrupts(
  actions: { onFirst(): void; onSecond(): void },
  signals: readonly (typeof INTERRUPTS)[number][] = INTERRUPTS,
): Interrupt {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      actions.onSecond();
      process.exit(INTERRUPTED_EXIT_CODE);
    }
    controller.abort();
    actions.onFirst();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stop: controller.signal,
    release: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
