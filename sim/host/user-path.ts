/** Paths as the user means them: against the folder they stood in, which npm scripts tell in INIT_CWD. */
import { resolve } from 'node:path';

/** The absolute path of what a user typed. */
export function userPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}
