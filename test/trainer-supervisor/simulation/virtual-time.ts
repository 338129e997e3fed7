/** Time that passes only from event to event, in one thread: the same events come in the same order every time. */
import type { Clock } from '../../../trainer/launch/remote/ports.ts';

interface Event {
  atMs: number;
  order: number;
  run: (() => void) | null;
  /** Whether awaiting code goes on behind it, which needs a turn of its own. */
  wakes: boolean;
}

export class VirtualTime implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);
  #order = 0;
  readonly #heap: Event[] = [];
  events = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `run` later; the returned function calls it off. */
  after(delayMs: number, run: () => void, wakes = false): () => void {
    const event: Event = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run, wakes };
    this.#push(event);
    return () => {
      event.run = null;
    };
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) {
        this.after(0, resolve, true);
        return;
      }
      const cancel = this.after(durationMs, resolve, true);
      signal?.addEventListener(
        'abort',
        () => {
          cancel();
          this.after(0, resolve, true);
        },
        { once: true },
      );
    });
  }

  /** Lets time pass until `isOver`, or until nothing is left to happen. */
  async pass(isOver: () => boolean, atMostEvents: number): Promise<void> {
    await turn();
    while (!isOver()) {
      const event = this.#pop();
      if (event === null) return;
      if (event.run === null) continue;
      this.#nowMs = Math.max(this.#nowMs, event.atMs);
      this.events += 1;
      if (this.events > atMostEvents)
        throw new Error(`more than ${atMostEvents} events: it goes round in a circle`);
      event.run();
      if (event.wakes) await turn();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent], event)) break;
      heap[index] = heap[parent];
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): Event | null {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined) return null;
    if (heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1;
      if (isBefore(last, heap[child])) break;
      heap[index] = heap[child];
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

const isBefore = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** All that can go on without time passing has gone on afterwards. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
