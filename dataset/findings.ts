/** What `dataset validate` finds. */
export interface Finding {
  /** Null when it is about the dataset as a whole. */
  episode: number | null;
  check: string;
  message: string;
}

export interface Skipped {
  check: string;
  reason: string;
}

/** A broken file can make every row a fault; what is beyond this number of one check is only counted. */
export const MAX_FINDINGS_A_CHECK = 200;

export class Findings {
  readonly faults: Finding[] = [];
  readonly warnings: Finding[] = [];
  readonly skipped: Skipped[] = [];
  readonly #counts = new Map<string, number>();
  readonly #leftOut: ReadonlySet<string>;

  /** @param leftOut checks that are not asked for: what they find is dropped */
  constructor(leftOut: Iterable<string> = []) {
    this.#leftOut = new Set(leftOut);
    for (const check of this.#leftOut) this.skip(check, 'not asked for');
  }

  /** Whether the check is asked for. */
  wants(check: string): boolean {
    return !this.#leftOut.has(check);
  }

  /** Episodes that have faults. */
  get faultyEpisodes(): Set<number> {
    return new Set(this.faults.flatMap(({ episode }) => (episode === null ? [] : [episode])));
  }

  /** Adds to each fault of an episode how to make it again. Call once, before `close`. */
  addRemedies(remedy: (episode: number) => string): void {
    for (const fault of this.faults) if (fault.episode !== null) fault.message += remedy(fault.episode);
  }

  fault(episode: number | null, check: string, message: string): void {
    this.#add(this.faults, { episode, check, message });
  }

  warn(episode: number | null, check: string, message: string): void {
    this.#add(this.warnings, { episode, check, message });
  }

  skip(check: string, reason: string): void {
    this.skipped.push({ check, reason });
  }

  /** Runs a check; what it throws, an unreadable file for instance, is a fault of it. */
  async attempt<T>(check: string, work: () => Promise<T> | T): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.fault(null, check, (error as Error).message);
      return undefined;
    }
  }

  /** Says how many findings were left out. Call once, at the end. */
  close(): void {
    for (const [name, count] of this.#counts) {
      if (count <= MAX_FINDINGS_A_CHECK) continue;
      const [kind, check] = name.split(' ');
      const list = kind === 'fault' ? this.faults : this.warnings;
      list.push({ episode: null, check, message: `and ${count - MAX_FINDINGS_A_CHECK} more of this check` });
    }
  }

  #add(list: Finding[], finding: Finding): void {
    if (!this.wants(finding.check)) return;
    const name = `${list === this.faults ? 'fault' : 'warning'} ${finding.check}`;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (count <= MAX_FINDINGS_A_CHECK) list.push(finding);
  }
}
