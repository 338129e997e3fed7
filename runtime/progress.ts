/**
 * What a run shows on stderr: one live line in a terminal, plain lines at intervals elsewhere. stdout is kept for
 * the summary.
 */
import { formatCount, formatDuration, percent } from './figures.ts';
import { redrawLine } from './terminal.ts';

export interface ProgressState {
  episodesDone: number;
  episodesTotal: number;
  frames: number;
  attempts: number;
  elapsedS: number;
  /** Frames a second over this session; 0 before the first episode. */
  framesPerS: number;
  etaS?: number;
}

const BAR_WIDTH = 24;

/** The live line. */
export function progressLine(state: ProgressState): string {
  const share = state.episodesTotal === 0 ? 1 : state.episodesDone / state.episodesTotal;
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_WIDTH - filled);
  const yieldText = state.attempts === 0 ? '' : ` | yield ${percent(state.episodesDone / state.attempts)}`;
  const eta = state.etaS === undefined ? '' : ` | ETA ${formatDuration(state.etaS)}`;
  return (
    `[${bar}] ${formatCount(state.episodesDone)}/${formatCount(state.episodesTotal)} episodes | ` +
    `${formatCount(state.frames)} frames | ${Math.round(state.framesPerS)} frames/s${yieldText}${eta}`
  );
}

const PLAIN_INTERVAL_S = 10;
const LIVE_INTERVAL_S = 0.2;

export class ProgressPrinter {
  readonly #stream: NodeJS.WriteStream;
  readonly #quiet: boolean;
  #lastS = Number.NEGATIVE_INFINITY;
  #live = '';

  constructor(stream: NodeJS.WriteStream, quiet: boolean) {
    this.#stream = stream;
    this.#quiet = quiet;
  }

  /** Shows the state, not more often than is readable. */
  update(state: ProgressState): void {
    if (this.#quiet) return;
    const interval = this.#stream.isTTY ? LIVE_INTERVAL_S : PLAIN_INTERVAL_S;
    if (state.elapsedS - this.#lastS < interval) return;
    this.#lastS = state.elapsedS;
    this.#live = progressLine(state);
    if (this.#stream.isTTY) redrawLine(this.#stream, this.#live.slice(0, (this.#stream.columns ?? 120) - 1));
    else this.#stream.write(`${this.#live}\n`);
  }

  /** A line of its own, above the live one. */
  note(text: string): void {
    if (this.#quiet) return;
    if (this.#stream.isTTY && this.#live !== '') redrawLine(this.#stream, `${text}\n${this.#live}`);
    else this.#stream.write(`${text}\n`);
  }

  /** Ends the live line so that what follows starts on a fresh one. */
  end(): void {
    if (!this.#quiet && this.#stream.isTTY && this.#live !== '') this.#stream.write('\n');
    this.#live = '';
  }
}
