/** The command that drives the same policy on the same conditions again, wherever it was started from. */
import { resolve } from 'node:path';
import type { Subject } from '../../rollouts/subject.ts';
import { wholeSuiteName } from '../../scenarios/suites/suite.ts';
import type { RolloutRequest } from './settings.ts';

/**
 * A policy and its conditions by whole paths. Links such as RUN@best are followed: they may name another checkpoint later.
 * @param folder that relative paths of the request begin at
 */
export function wholeRequest(
  subject: Subject,
  { conditions }: Pick<RolloutRequest, 'conditions'>,
  folder: string,
): Pick<RolloutRequest, 'checkpoints' | 'conditions'> {
  return {
    checkpoints: [checkpointWord(subject)],
    conditions:
      'suite' in conditions
        ? { suite: wholeSuiteName(conditions.suite, folder) }
        : { ...conditions, scenarios: withWholePaths(conditions.scenarios, folder) },
  };
}

/**
 * What follows `brickyard`.
 * @param folder that relative paths of the request begin at
 */
export function againWords(subject: Subject, request: RolloutRequest, folder: string): string[] {
  const { seed, actionSteps, ensemble, throughCodec, episodes } = request;
  const option = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [name, `${value}`];
  const words = ['eval', 'rollout', '--checkpoint', checkpointWord(subject)];
  if (subject.kind === 'replay') return [...words, ...option('--episodes', episodes)];
  const { conditions } = wholeRequest(subject, request, folder);
  const chosen =
    'suite' in conditions
      ? ['--suite', conditions.suite]
      : ['--scenarios', conditions.scenarios, '--episodes', `${conditions.episodes}`];
  return [
    ...words,
    ...chosen,
    ...option('--seed', seed),
    ...option('--action-steps', actionSteps),
    ...option('--temporal-ensemble', ensemble),
    ...(throughCodec ? ['--through-codec'] : []),
  ];
}

function checkpointWord(subject: Subject): string {
  if (subject.kind === 'policy') return subject.folder;
  return subject.kind === 'replay' ? `replay:${subject.dataset}` : subject.kind;
}

const isFile = (name: string): boolean => /[/\\]|\.ya?ml(:|$)/i.test(name);

function withWholePaths(list: string, folder: string): string {
  return list
    .split(',')
    .map((item) => (isFile(item) ? resolve(folder, item) : item))
    .join(',');
}
