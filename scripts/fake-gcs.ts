/**
 * `node scripts/fake-gcs.ts` builds fsouza/fake-gcs-server from the Go module proxy into the cache and prints its path;
 * the tests against it then run. It needs Go 1.24 or later, 500 MB of modules and build cache and some minutes of a
 * core, which is why `npm test` builds it only by this. BRICKYARD_FAKE_GCS_SERVER names one that is there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { cacheFolder } from '../runtime/cache-folder.ts';

export const FAKE_GCS_VERSION = '1.56.1';
const MODULE = 'github.com/fsouza/fake-gcs-server';

/** Where it is or would be. */
export function fakeGcsServerPath(): string {
  const own = cacheFolder(`fake-gcs-server-${FAKE_GCS_VERSION}`, 'fake-gcs-server');
  return process.env.BRICKYARD_FAKE_GCS_SERVER ?? own;
}

/** @returns whether it is there afterwards */
function build(path: string): boolean {
  const temporary = `${dirname(path)}.${process.pid}.tmp`;
  mkdirSync(temporary, { recursive: true });
  const env = { ...process.env, GOBIN: temporary, CGO_ENABLED: '0' };
  const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go';
  const built = spawnSync(go, ['install', `${MODULE}@v${FAKE_GCS_VERSION}`], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.error) process.stderr.write(`${go} cannot be run: ${built.error.message}; install Go\n`);
  if (built.status === 0) renameSync(temporary, dirname(path));
  rmSync(temporary, { recursive: true, force: true });
  return built.status === 0;
}

if (import.meta.main) {
  const path = fakeGcsServerPath();
  if (existsSync(path) || build(path)) process.stdout.write(`${path}\n`);
  else process.exitCode = 1;
}
