/**
 * What the code of a module may not contain, and how files are named: checked on the source text. Who may import whom is
 * checked by dependency-cruiser (.dependency-cruiser.mjs). `node scripts/rules.ts` checks this checkout.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOnly } from './source-text.ts';

export interface SourceFile {
  /** Relative to the checkout, with forward slashes. */
  path: string;
  text: string;
}

const INEXACT =
  /\bMath\.(sin|cos|tan|asin|acos|atan|atan2|pow|exp|log|log2|log10|hypot|cbrt|sinh|cosh|tanh)\b/;
const CLOCK = /\b(Date\s*[.(]|performance\s*\.|process\s*\.\s*hrtime)/;

/** What runs inside of an episode, wherever its folder lies. */
const SIMULATED = /^(sim|examples\/tasks)\//;

/** Three.js scenes: drawn with the engine's own sine, which no pose depends on. */
const SCENES = /^sim\/engine\/scene\/|-mesh\.ts$|\/scene\.ts$/;

/** What code in some files may not contain. */
const FORBIDDEN: readonly { files: RegExp; except?: RegExp; pattern: RegExp; why: string }[] = [
  {
    files: /^(sim|scenarios|examples\/tasks)\//,
    except: SCENES,
    pattern: INEXACT,
    why: 'differs between engines; use sim/engine/math.ts',
  },
  {
    files: /^(sim|scenarios|render\/page|examples\/tasks)\//,
    pattern: /\bMath\.random\b|\bcrypto\s*\.\s*(getRandomValues|randomUUID)/,
    why: 'is not seeded; use sim/engine/rng.ts',
  },
  { files: SIMULATED, pattern: CLOCK, why: 'reads the clock, which the world does not know' },
  {
    files: SIMULATED,
    pattern: /\b(document|window)\s*[.[]/,
    why: 'needs a browser; only render/page runs in one',
  },
  {
    files: SIMULATED,
    pattern: /\b(process|Buffer)\s*\./,
    why: 'needs Node; the simulator runs in a browser too',
  },
];

export const MAX_LINES = 400;
const CODE = /\.(ts|mjs|py)$/;

/** All violations, each a line that names the file, what it does and why not. */
export function checkRules(files: readonly SourceFile[]): string[] {
  return files.flatMap(checkFile);
}

function checkFile(file: SourceFile): string[] {
  const faults: string[] = [];
  const { path, text } = file;
  const lines = text.split('\n').length - 1;
  if (CODE.test(path) && lines > MAX_LINES) faults.push(`${path}: has ${lines} lines, at most ${MAX_LINES}`);
  if (/(^|\/)(utils?|helpers?|misc|common)\.(ts|mjs|py)$/.test(path))
    faults.push(`${path}: is named for nothing; name it for its job`);
  if (path.endsWith('.py') && !path.startsWith('trainer/') && !path.startsWith('scripts/peers/'))
    faults.push(`${path}: Python lives in trainer/ only`);
  if (path.endsWith('.ts')) faults.push(...checkForbidden(file));
  return faults;
}

function checkForbidden({ path, text }: SourceFile): string[] {
  const code = codeOnly(text);
  return FORBIDDEN.flatMap(({ files, except, pattern, why }) => {
    if (!files.test(path) || except?.test(path)) return [];
    const found = pattern.exec(code);
    if (!found) return [];
    const line = code.slice(0, found.index).split('\n').length;
    return [`${path}:${line}: ${found[0].trim()} ${why}`];
  });
}

/** The checkout's own files: tracked, or new and not ignored. */
export function sourceFiles(root: string): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((path) => CODE.test(path) && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

if (import.meta.main) {
  const faults = checkRules(sourceFiles(join(import.meta.dirname, '..')));
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
