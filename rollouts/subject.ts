/** What is rolled out: a policy folder, a checkpoint of a training run, or a built-in baseline. */
import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { POLICY_FILE } from '../policy/contract.ts';
import { exportHint } from '../policy/export-hint.ts';
import { namedCheckpoint } from '../policy/named-checkpoint.ts';
import { InputError } from '../sim/errors.ts';
import { BASELINES, type Baseline } from './baselines.ts';

export type Subject =
  | { kind: Baseline; label: string }
  /** The dataset's own executed actions, on the dataset's own starts. */
  | { kind: 'replay'; label: string; dataset: string }
  | { kind: 'policy'; label: string; folder: string };

/** @param resolvePath makes what the user wrote an absolute path */
export function resolveSubject(text: string, resolvePath: (path: string) => string): Subject {
  if ((BASELINES as readonly string[]).includes(text)) return { kind: text as Baseline, label: text };
  if (text.startsWith('replay:')) {
    const dataset = resolvePath(text.slice('replay:'.length));
    return { kind: 'replay', label: `replay-${basename(dataset)}`, dataset };
  }
  const whole = resolvePath(text);
  const at = existsSync(whole) ? -1 : text.lastIndexOf('@');
  const path = at < 0 ? whole : resolvePath(text.slice(0, at));
  const which = at < 0 ? undefined : text.slice(at + 1);
  if (!existsSync(path) || !statSync(path).isDirectory())
    throw new InputError(
      `--checkpoint ${text}: there is no such folder; name a policy folder, a training run (RUN, RUN@best, RUN@1000) or one of ${BASELINES.join(', ')}, replay:DATASET`,
    );
  if (existsSync(join(path, POLICY_FILE))) {
    if (which !== undefined)
      throw new InputError(
        `--checkpoint ${text}: ${path} is a policy folder, which has no checkpoints to name with @`,
      );
    return { kind: 'policy', label: policyLabel(path), folder: path };
  }
  if (existsSync(join(path, 'policy', POLICY_FILE)) && which === undefined)
    return { kind: 'policy', label: policyLabel(join(path, 'policy')), folder: join(path, 'policy') };
  if (existsSync(join(path, 'checkpoints'))) return ofRun(text, path, which);
  throw new InputError(
    `--checkpoint ${text}: the folder has neither ${POLICY_FILE} nor checkpoints/; name a policy folder or a training run`,
  );
}

/** The best by loss where a run has it, else the last; the links are missing where a training was killed early. */
function ofRun(text: string, run: string, which: string | undefined): Subject {
  const folder = join(run, 'checkpoints');
  const names = readdirSync(folder).sort();
  const wanted =
    which ??
    ['best', 'last'].find((name) => names.includes(name)) ??
    names.filter((name) => /^\d+$/.test(name)).at(-1) ??
    'last';
  const found = namedCheckpoint(run, names, wanted, `--checkpoint ${text}: `);
  const checkpoint = realpathSync(join(folder, found));
  const policy = join(checkpoint, 'policy');
  if (!existsSync(join(policy, POLICY_FILE)))
    throw new InputError(
      `--checkpoint ${text}: ${checkpoint} was not exported yet; ${exportHint(run, basename(checkpoint))}`,
    );
  const step = basename(checkpoint);
  const named = lstatSync(join(folder, found)).isSymbolicLink() ? `${found}-${step}` : step;
  return { kind: 'policy', label: `${basename(run)}-${named}`, folder: policy };
}

/** Enough of the path to tell policies apart in a list. */
function policyLabel(folder: string): string {
  const name = basename(folder);
  return name === 'policy' ? basename(join(folder, '..')) : name;
}
