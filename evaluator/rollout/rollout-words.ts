/** The command line of a rollout that is asked for by the program, not by a person: for logs and for what is stored. */
import { taskWords } from '../../scenarios/use-task.ts';
import type { RollOutInput } from './roll-out.ts';

/** As after `brickyard`. Paths stay as they are. */
export function rolloutWords(options: Omit<RollOutInput, 'command'>): string[] {
  const { checkpoints, conditions, seed, out, resume, shuffled, report, workers, hangS } = options;
  const value = (name: string, given: string | number | undefined): string[] =>
    given === undefined ? [] : [name, `${given}`];
  const chosen =
    'suite' in conditions
      ? ['--suite', conditions.suite]
      : ['--scenarios', conditions.scenarios, '--episodes', `${conditions.episodes}`];
  return [
    ...['eval', 'rollout', '--checkpoint', ...checkpoints, ...chosen],
    ...[...value('--seed', seed), ...value('--out', out), ...(resume ? ['--resume'] : [])],
    ...[...(shuffled ? ['--shuffled'] : []), ...(report === false ? ['--no-report'] : []), '--json'],
    ...[...value('--workers', workers), ...value('--hang', hangS), ...taskWords()],
  ];
}
