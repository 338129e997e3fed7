/**
 * Which uploads were begun, so that a command that was killed goes on with them. The address of a session by itself
 * allows writing its object for a week: the files are the user's alone.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../../runtime/cache-folder.ts';
import { replaceFile } from '../../../runtime/disk.ts';

export interface UploadSessions {
  /** @param key all that the session is good for: server, object, bytes, precondition */
  get(key: string): string | undefined;
  set(key: string, session: string): void;
  drop(key: string): void;
}

/** In $XDG_CACHE_HOME/brickyard/uploads. */
export function uploadSessionsOnDisk(folder = cacheFolder('uploads')): UploadSessions {
  const file = (key: string) => join(folder, createHash('sha256').update(key).digest('hex'));
  return {
    get: (key) => (existsSync(file(key)) ? readFileSync(file(key), 'utf8') : undefined),
    set: (key, session) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      replaceFile(file(key), session, 0o600);
    },
    drop: (key) => rmSync(file(key), { force: true }),
  };
}
