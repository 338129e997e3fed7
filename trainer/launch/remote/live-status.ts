/** The terminal of a command that looks after a run: one live line, reports above it; plain lines elsewhere. */
import { redrawLine } from '../../../runtime/terminal.ts';
import type { Report, RunStatus } from '../supervisor/status.ts';
import { reportText, statusLine } from './status-text.ts';

const PLAIN_INTERVAL_MS = 60_000;

export class LiveStatus {
  readonly #stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly #quiet: boolean;
  readonly #scrub: (text: string) => string;
  #live = '';
  #plainAtMs = Number.NEGATIVE_INFINITY;
  #phase = '';

  constructor(
    stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>,
    quiet: boolean,
    scrub: (text: string) => string,
  ) {
    this.#stream = stream;
    this.#quiet = quiet;
    this.#scrub = scrub;
  }

  status(status: RunStatus): void {
    if (this.#quiet) return;
    const line = this.#scrub(statusLine(status));
    if (this.#stream.isTTY) {
      this.#live = line.slice(0, (this.#stream.columns ?? 120) - 1);
      redrawLine(this.#stream, this.#live);
      return;
    }
    // A log wants to know of every new phase, and now and then that there is progress.
    if (status.phase === this.#phase && status.atMs - this.#plainAtMs < PLAIN_INTERVAL_MS) return;
    this.#phase = status.phase;
    this.#plainAtMs = status.atMs;
    this.#stream.write(`${line}\n`);
  }

  report(report: Report): void {
    this.note(reportText(report));
  }

  /** A line of its own, above the live one. */
  note(text: string): void {
    if (this.#quiet) return;
    const clean = this.#scrub(text);
    if (this.#live === '') this.#stream.write(`${clean}\n`);
    else redrawLine(this.#stream, `${clean}\n${this.#live}`);
  }

  /** Ends the live line. */
  end(): void {
    if (this.#live !== '') this.#stream.write('\n');
    this.#live = '';
  }
}
