/**
 * A folder for hostile runs, with files beside them that nothing may touch: other people's data, a secret, a dataset's
 * video. What changed outside of the --out folders, and where the secret turned up, is known afterwards.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Place } from './case.ts';

/** Long enough that no codec hides all of it, and unlike anything else. */
const SECRET = Buffer.from(`canary-${'5e7c0ffee'.repeat(3)}-`.repeat(40));
/** Told from the secret by this part. */
const SECRET_PART = SECRET.subarray(7, 31);

export class Sandbox {
  readonly root = mkdtempSync(join(tmpdir(), 'brickyard-hostile-'));
  readonly secret = join(this.root, 'outside', 'secret.bin');
  readonly #watched = ['outside', 'home', 'tmp', 'inputs'];
  #before = new Map<string, string>();
  #next = 0;

  constructor() {
    for (const name of [...this.#watched, 'out']) mkdirSync(join(this.root, name));
    mkdirSync(join(this.root, 'outside', 'videos'));
    writeFileSync(this.secret, SECRET);
    writeFileSync(join(this.root, 'outside', 'videos', 'file-000.mp4'), randomBytes(4096));
    writeFileSync(join(this.root, 'outside', 'notes.tmp-2024'), 'mine');
  }

  /** Environment of the processes that run in it. */
  get env(): NodeJS.ProcessEnv {
    const home = join(this.root, 'home');
    return {
      PATH: process.env.PATH,
      HOME: home,
      XDG_CACHE_HOME: join(home, '.cache'),
      TMPDIR: join(this.root, 'tmp'),
      INIT_CWD: home,
    };
  }

  place(): Place {
    const name = String(this.#next++).padStart(4, '0');
    const folder = join(this.root, 'inputs', name);
    mkdirSync(folder);
    return { folder, out: join(this.root, 'out', name), secret: this.secret };
  }

  /** After the inputs are made, before the first command. */
  remember(): void {
    this.#before = this.#look();
  }

  /** Paths outside of --out that are new, gone or other than before. */
  changes(): string[] {
    const now = this.#look();
    const paths = new Set([...this.#before.keys(), ...now.keys()]);
    return [...paths].filter((path) => this.#before.get(path) !== now.get(path)).sort();
  }

  /** Files below --out folders that hold the secret. */
  leaks(): string[] {
    return filesBelow(join(this.root, 'out')).filter((path) => readFileSync(path).includes(SECRET_PART));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #look(): Map<string, string> {
    return new Map(
      this.#watched
        .flatMap((name) => filesBelow(join(this.root, name)))
        .map((path) => [relative(this.root, path), fingerprint(path)]),
    );
  }
}

export const holdsSecret = (text: string): boolean =>
  text.includes(SECRET_PART.toString()) || text.includes(SECRET_PART.toString('base64').slice(0, 20));

/** Everything but folders; links are not followed. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Large inputs are sparse files: their size and time are enough. */
const HASHED_BYTES = 1 << 20;

function fingerprint(path: string): string {
  const stat = lstatSync(path);
  if (!stat.isFile() || stat.size > HASHED_BYTES) return `${stat.mode} ${stat.size} ${stat.mtimeMs}`;
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
