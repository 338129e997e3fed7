/** The exported checkpoints of a training run. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { POLICY_FILE } from '../../policy/contract.ts';
import { exportHint } from '../../policy/export-hint.ts';
import { InputError, throwFaults } from '../../sim/errors.ts';

export interface Checkpoint {
  step: number;
  /** Its folder's name in checkpoints/. */
  name: string;
  /** Absolute path of the policy folder. */
  policy: string;
}

/**
 * Ascending by step; those that were not exported are left out and counted.
 *
 * @param run absolute folder
 * @param shown as the user wrote it
 * @throws InputError when the run has none
 */
export function listCheckpoints(
  run: string,
  shown: string,
): { exported: Checkpoint[]; unexported: string[] } {
  const folder = join(run, 'checkpoints');
  if (!existsSync(folder))
    throw new InputError(`${shown}: has no checkpoints/; name the folder of a training run`);
  // Links (best, last, final) name checkpoints that are listed by their step already.
  const names = readdirSync(folder).filter((name) => /^\d+$/.test(name));
  const isExported = (name: string) => existsSync(join(folder, name, 'policy', POLICY_FILE));
  const exported = names
    .filter(isExported)
    .map((name) => ({ step: Number(name), name, policy: join(folder, name, 'policy') }))
    .sort((a, b) => a.step - b.step);
  const unexported = names.filter((name) => !isExported(name));
  if (exported.length === 0)
    throw new InputError(
      names.length === 0
        ? `${shown}: has no checkpoint yet`
        : `${shown}: none of its ${names.length} checkpoints was exported; take one and ${exportHint(run, names[names.length - 1])}`,
    );
  return { exported, unexported };
}

/** @param list steps with commas between them, as typed. @throws InputError listing every step there is none of */
export function chooseSteps(checkpoints: readonly Checkpoint[], list: string): Checkpoint[] {
  const there = checkpoints.map(({ step }) => step).join(', ');
  const wanted = list.split(',').map((text) => text.trim());
  const faults = wanted
    .filter((text) => !checkpoints.some(({ step }) => /^\d+$/.test(text) && step === Number(text)))
    .map((text) => `"${text}" is no exported checkpoint; there are ${there}`);
  throwFaults('--steps', faults);
  return checkpoints.filter(({ step }) => wanted.some((text) => Number(text) === step));
}
