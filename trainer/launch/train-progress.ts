/** What a training shows on stderr: one live line in a terminal, plain lines at intervals elsewhere. */

import { formatCount, formatDuration } from '../../runtime/figures.ts';
import { redrawLine } from '../../runtime/terminal.ts';
import type { StepEvent } from './events.ts';

const BAR_WIDTH = 24;
const PLAIN_INTERVAL_S = 10;

/** [####----] 1,200/6,000 steps | loss 0.0423 | 9.8 steps/s | ETA 8 min 10 s */
export function trainProgressLine({ step, steps, loss, steps_per_s, eta_s }: StepEvent): string {
  const share = steps === 0 ? 1 : Math.min(1, step / steps);
  const filled = Math.floor(share * BAR_WIDTH);
  const parts = [
    `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${formatCount(step)}/${formatCount(steps)} steps`,
    loss === null ? 'loss not finite' : `loss ${loss.toPrecision(3)}`,
  ];
  if (steps_per_s !== null) parts.push(`${steps_per_s.toPrecision(3)} steps/s`);
  if (eta_s !== null) parts.push(`ETA ${formatDuration(eta_s)}`);
  return parts.join(' | ');
}

export class TrainProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #quiet: boolean;
  readonly #nowS: () => number;
  #lastS = Number.NEGATIVE_INFINITY;
  #live = '';

  /** @param nowS seconds since any moment */
  constructor(stream: NodeJS.WriteStream, quiet: boolean, nowS: () => number) {
    this.#stream = stream;
    this.#quiet = quiet;
    this.#nowS = nowS;
  }

  step(event: StepEvent): void {
    if (this.#quiet) return;
    const line = trainProgressLine(event);
    if (this.#stream.isTTY) {
      this.#live = line.slice(0, (this.#stream.columns ?? 120) - 1);
      redrawLine(this.#stream, this.#live);
    } else if (this.#nowS() - this.#lastS >= PLAIN_INTERVAL_S || event.step >= event.steps) {
      this.#lastS = this.#nowS();
      this.#stream.write(`${line}\n`);
    }
  }

  /** A line of its own, above the live one. */
  note(text: string): void {
    if (this.#quiet) return;
    if (this.#live === '') this.#stream.write(`${text}\n`);
    else redrawLine(this.#stream, `${text}\n${this.#live}`);
  }

  /** What --quiet kept back, now that it is needed. */
  whenQuiet(lines: readonly string[]): void {
    if (this.#quiet) for (const line of lines) this.#stream.write(`${line}\n`);
  }

  /** Ends the live line. */
  end(): void {
    if (this.#live !== '') this.#stream.write('\n');
    this.#live = '';
  }
}
