/** What is compared: rollouts that are there, or policies that are rolled out first. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { resolveSubject, type Subject } from '../../rollouts/subject.ts';
import { readJsonSync } from '../../runtime/regular-file.ts';
import { shellLine } from '../../runtime/shell-line.ts';
import { userFolder, userPath } from '../../runtime/user-path.ts';
import type { ConditionSet } from '../../scenarios/suites/conditions.ts';
import { taskWords } from '../../scenarios/use-task.ts';
import { InputError } from '../../sim/errors.ts';
import { againWords, wholeRequest } from '../rollout/again.ts';
import { requestedConditions } from '../rollout/requested-conditions.ts';
import { parseRolloutOptions, type RawRolloutOptions, type RolloutRequest } from '../rollout/settings.ts';
import type { RolloutProcess } from '../rollout-process.ts';
import { readRollout, unfinishedFault } from './rollout-folder.ts';

export const SIDES_DEFAULTS = { suite: 'standard', out: 'evaluations' } as const;

export interface Side {
  /** As the user wrote it. */
  shown: string;
  /** Absolute; where its results are, or will be. */
  folder: string;
  /** What is rolled out there; undefined where the results are there already. */
  subject: Subject | undefined;
}

/** Conditions that `compare` was given, as `eval rollout` takes them. */
export type ConditionOptions = Pick<RawRolloutOptions, 'suite' | 'scenarios' | 'episodes' | 'seed'>;

export interface Sides {
  a: Side;
  b: Side;
  /** Of the sides that are to be rolled out; undefined where none is. */
  plan: { request: RolloutRequest; set: ConditionSet } | undefined;
}

/**
 * Finds both and checks all that can be before anything runs.
 * @param out absolute folder for new rollouts; a name made of both when left out
 * @throws InputError for what is neither a rollout nor a policy, and for conditions that the other did not run
 */
export function resolveSides(
  [shownA, shownB]: readonly [string, string],
  options: ConditionOptions & { workers?: string; out?: string },
): Sides {
  const [a, b] = [shownA, shownB].map((shown) => ({ shown, subject: subjectOf(shown) }));
  const given = options.suite ?? options.scenarios ?? options.episodes ?? options.seed;
  if (a.subject === undefined && b.subject === undefined) {
    if (given !== undefined)
      throw new InputError(
        `${shownA} and ${shownB} are rolled out already: leave --suite, --scenarios, --episodes and --seed out`,
      );
    return { a: stored(shownA), b: stored(shownB), plan: undefined };
  }
  const there = a.subject === undefined ? shownA : b.subject === undefined ? shownB : undefined;
  const raw = given === undefined && there !== undefined ? conditionsOfRollout(there) : options;
  const { suite, scenarios, episodes, seed } = raw;
  const chosen = suite === undefined && scenarios === undefined && episodes === undefined;
  const request = parseRolloutOptions(
    {
      checkpoint: [shownA, shownB],
      suite: chosen ? SIDES_DEFAULTS.suite : suite,
      ...{ scenarios, episodes, seed, workers: options.workers },
    },
    availableParallelism(),
  );
  const set = requestedConditions(request, userFolder());
  if (there !== undefined) assertRanOn(there, set);
  const out =
    options.out === undefined
      ? userPath(join(SIDES_DEFAULTS.out, fileName(`${labelOf(a)}-against-${labelOf(b)}-${set.name}`)))
      : userPath(options.out);
  const side = (which: 'a' | 'b', { shown, subject }: typeof a): Side =>
    subject === undefined ? stored(shown) : { shown, subject, folder: join(out, which) };
  return { a: side('a', a), b: side('b', b), plan: { request, set } };
}

/** What is asked for a side, with the command line that a person would type for it. */
export function rolloutOf(
  side: Side,
  { request }: NonNullable<Sides['plan']>,
  workers: number,
): RolloutProcess['options'] {
  const words = [
    ...againWords(side.subject!, request, userFolder()),
    ...['--out', side.folder, '--resume', '--shuffled', '--no-report', '--json', '--workers', `${workers}`],
    ...taskWords(),
  ];
  return {
    ...{ ...request, ...wholeRequest(side.subject!, request, userFolder()), out: side.folder, workers },
    ...{ resume: true, shuffled: true, report: false, command: shellLine(['brickyard', ...words]) },
  };
}

const stored = (shown: string): Side => ({ shown, folder: userPath(shown), subject: undefined });
const labelOf = ({ shown, subject }: { shown: string; subject: Subject | undefined }): string =>
  subject?.label ?? basename(shown);
const fileName = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9.-]+/g, '-').replaceAll(/^[.-]+|-+$/g, '');

/** undefined where there are results already. */
function subjectOf(shown: string): Subject | undefined {
  if (existsSync(join(userPath(shown), 'results.jsonl'))) return undefined;
  let subject: Subject;
  try {
    subject = resolveSubject(shown, userPath);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const why = error.message.replace(`--checkpoint ${shown}: `, '');
    throw new InputError(
      `${shown}: has no results.jsonl, so it is no rollout, and cannot be rolled out: ${why}`,
    );
  }
  if (subject.kind === 'replay')
    throw new InputError(
      `${shown}: runs on the dataset's own starts, on which nothing else can be rolled out`,
    );
  return subject;
}

/** The conditions that a rollout ran, as its run.json has them. */
function conditionsOfRollout(shown: string): ConditionOptions {
  const words = againOf(join(userPath(shown), 'run.json'));
  const after = (option: string): string | undefined => {
    const at = words.indexOf(option);
    return at < 0 ? undefined : words[at + 1];
  };
  const options = {
    suite: after('--suite'),
    scenarios: after('--scenarios'),
    episodes: after('--episodes'),
    seed: after('--seed'),
  };
  if (options.suite === undefined && options.scenarios === undefined)
    throw new InputError(`${shown}: does not say which conditions it ran; give them with --suite and --seed`);
  return options;
}

function againOf(path: string): string[] {
  try {
    const { again } = readJsonSync(path) as { again?: unknown };
    return Array.isArray(again) ? again.map(String) : [];
  } catch {
    return [];
  }
}

/**
 * Whether a stored rollout is one on these conditions, before anything is rolled out to be compared with it.
 * @param shown as the user wrote its folder
 * @throws InputError where it is not, or did not end
 */
export function assertRanOn(shown: string, set: ConditionSet): void {
  const { summary } = readRollout(userPath(shown), shown);
  if (!summary) throw new InputError(unfinishedFault(shown));
  if (summary.suite_hash !== set.hash)
    throw new InputError(
      `${shown} ran ${summary.suite} (hash ${summary.suite_hash.slice(0, 12)}), which is not what would be rolled out now: ${set.name} (hash ${set.hash.slice(0, 12)}); give the conditions that it ran, or roll both out anew`,
    );
}
