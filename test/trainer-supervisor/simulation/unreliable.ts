/** The network between a supervisor and everything else: slow, lossy, and not even honest about what was done. */
import type { Rng } from '../../../sim/engine/rng.ts';
import type { Scenario } from './scenario.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What must never be seen in anything a supervisor writes or says. */
export const CANARIES = [
  'hf_CanaryCanaryCanary0001',
  'correct-horse-canary-0002',
  'ya29.canary-token-canary-0003',
];

/** As libraries do it: the request that failed is quoted whole. */
export const quotingSecrets = (text: string): string =>
  `${text} (request headers: Authorization: Bearer ${CANARIES[2]}; env HF_TOKEN=${CANARIES[0]}; key ${CANARIES[1]})`;

/** How late a request may take effect whose answer was lost. */
export const LATEST_EFFECT_MS = 60_000;

export class Unreliable {
  readonly #time: VirtualTime;
  readonly #rng: Rng;
  readonly #chance: Scenario['chance'];
  readonly count: (fault: string) => void;

  constructor(time: VirtualTime, rng: Rng, chance: Scenario['chance'], count: (fault: string) => void) {
    this.#time = time;
    this.#rng = rng;
    this.#chance = chance;
    this.count = count;
  }

  /**
   * @param effect happens at once when it happens; may throw what the other side answers
   * @param lost the error of a connection that was cut
   * @param canRepeat whether the other side may get it twice
   */
  request<T>(effect: () => T, lost: (text: string) => Error, canRepeat = false): Promise<T> {
    const { transient, silence, lostAnswer, twice } = this.#chance;
    const delayMs = this.#rng.range(50, 2000);
    const draw = this.#rng.unit();
    const lateMs = this.#rng.range(0, LATEST_EFFECT_MS);
    const isDone = this.#rng.unit() < 0.5;
    const quietly = (): void => {
      try {
        effect();
      } catch {
        // Nobody hears of it.
      }
    };
    if (draw < transient) {
      this.count('transient error');
      return this.#answer(delayMs, () => {
        throw lost(quotingSecrets('503 backend error'));
      });
    }
    if (draw < transient + silence) {
      this.count('no answer');
      if (isDone) this.#time.after(lateMs, quietly);
      return new Promise(() => {});
    }
    if (draw < transient + silence + lostAnswer) {
      this.count('lost answer');
      this.#time.after(isDone ? 0 : lateMs, quietly);
      return this.#answer(delayMs, () => {
        throw lost(quotingSecrets('socket hang up'));
      });
    }
    if (canRepeat && this.#rng.unit() < twice) {
      this.count('request carried out twice');
      this.#time.after(this.#rng.range(0, LATEST_EFFECT_MS), quietly);
    }
    return this.#answer(delayMs, effect);
  }

  #answer<T>(delayMs: number, answer: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        try {
          resolve(answer());
        } catch (error) {
          reject(error);
        }
      };
      this.#time.after(delayMs, settle, true);
    });
  }
}
