/**
 * One life of a supervisor: what it awaits and what it writes passes here, where it may die. After its death nothing
 * that it awaits ever answers, so it does nothing any more, as a killed process does.
 */
import type { Clock } from '../../../trainer/launch/remote/ports.ts';
import type { JournalLine } from '../../../trainer/launch/supervisor/journal-line.ts';
import type { RunJournal } from '../../../trainer/launch/supervisor/world.ts';
import type { Crash } from './scenario.ts';

/** Thrown where code has to stop that awaits nothing. */
export class Killed extends Error {}

export class Incarnation implements RunJournal {
  readonly lines: readonly JournalLine[];
  readonly #disk: JournalLine[];
  readonly #crash: Crash | null;
  readonly #onDeath: (crash: Crash) => void;
  readonly #onLine: (line: JournalLine) => void;
  #points = 0;
  isDead = false;

  constructor(
    disk: JournalLine[],
    crash: Crash | null,
    onDeath: (crash: Crash) => void,
    onLine: (line: JournalLine) => void,
  ) {
    this.#disk = disk;
    this.lines = [...disk];
    this.#crash = crash;
    this.#onDeath = onDeath;
    this.#onLine = onLine;
  }

  append(line: JournalLine): void {
    const dies = this.#diesHere();
    // A torn line counts as never written.
    if (!this.isDead || (dies && this.#crash!.effect === 'done')) {
      this.#disk.push(JSON.parse(JSON.stringify(line)) as JournalLine);
      this.#onLine(line);
    }
    if (this.isDead) throw new Killed();
  }

  /** A request to the world. */
  async call<T>(request: () => Promise<T>): Promise<T> {
    if (this.isDead) return never();
    if (this.#diesHere()) {
      if (this.#crash!.effect === 'done') request().catch(() => {});
      return never();
    }
    try {
      const answer = await request();
      return this.isDead ? never() : answer;
    } catch (error) {
      if (this.isDead) return never();
      throw error;
    }
  }

  clock(time: Clock): Clock {
    return {
      nowMs: () => time.nowMs(),
      sleep: (durationMs, signal) => this.call(() => time.sleep(durationMs, signal)),
    };
  }

  #diesHere(): boolean {
    if (this.isDead) return false;
    this.#points += 1;
    if (this.#crash === null || this.#points !== this.#crash.at) return false;
    this.isDead = true;
    this.#onDeath(this.#crash);
    return true;
  }
}

const never = (): Promise<never> => new Promise(() => {});
