/** Where things lie that can be made again; scripts/setup/cache.mjs says the same before anything is installed. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** $XDG_CACHE_HOME/brickyard/…, else below ~/.cache. */
export function cacheFolder(...parts: string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'brickyard', ...parts);
}
