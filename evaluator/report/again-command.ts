/** The command that drives one condition of a report again. */
import { shellLine } from '../../runtime/shell-line.ts';

/** @param run as run.json has it; undefined where it does not say how its rollouts were made */
export function againCommand(run: Record<string, unknown>, condition: string): string | undefined {
  const { again } = run;
  if (!Array.isArray(again) || !again.every((word) => typeof word === 'string')) return undefined;
  return shellLine(['brickyard', ...again, '--only', condition]);
}
