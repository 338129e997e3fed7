/** What a new dataset lacks of its source, or has in another form: said on the way, and kept in its metadata. */
import { printable } from '../runtime/printable.ts';

export interface Loss {
  /** In the source: a path in a file, or a column. */
  what: string;
  /** Whether it is left out or kept in another form, and the reason. */
  why: string;
  /** Of how many episodes, where it is known. */
  episodes?: number;
}

/** The same of several episodes becomes one entry. */
export function gatherLosses(episodes: readonly (readonly Loss[])[]): Loss[] {
  const gathered = new Map<string, Loss>();
  for (const losses of episodes) {
    for (const { what, why } of losses) {
      const general = what.replace(/\/demo_\d+\//, '/demo_*/');
      const key = `${general}\n${why}`;
      const known = gathered.get(key);
      if (known) known.episodes = known.episodes! + 1;
      else gathered.set(key, { what: general, why, episodes: 1 });
    }
  }
  return [...gathered.values()];
}

/** A line each, for stderr. */
export function printLosses(losses: readonly Loss[] | undefined): void {
  for (const { what, why, episodes } of losses ?? []) {
    const count = episodes === undefined ? '' : ` (${episodes} ${episodes === 1 ? 'episode' : 'episodes'})`;
    process.stderr.write(`${printable(`note: ${what}: ${why}${count}`).replaceAll('\n', ' ')}\n`);
  }
}
