/**
 * Trainings of a loop on other machines: the commands of a person who stands where the loop was begun, so that
 * `train status`, `stop` and `cleanup` there know of them. Pure.
 */
import { DEFAULT_PROVIDER } from '../trainer/launch/provider.ts';
import type { LoopMachine } from './settings.ts';
import type { RequestOf } from './stages.ts';
import type { LoopState } from './state.ts';

export interface Elsewhere {
  /** Where the loop was begun, absolute: train.remote.yaml, .env and runs/ are there. */
  folder: string;
  /** In the names of its runs; no other loop has it. */
  loopId: string;
}

export const trainsElsewhere = ({ provider }: Pick<LoopMachine, 'provider'>): boolean =>
  provider !== DEFAULT_PROVIDER;

/** Cores that a training leaves to other work: here it has one. */
export const coresBeside = (machine: Pick<LoopMachine, 'provider' | 'cores'>): number =>
  trainsElsewhere(machine) ? machine.cores : machine.cores - 1;

export const elsewhereOf = ({ madeWith }: LoopState): Elsewhere => ({
  folder: madeWith.folder,
  loopId: madeWith.id,
});

/** A training's name in runs/ and at the provider: at most 40 characters. */
export function remoteRunId({ loopId }: Elsewhere, { round, attempt }: RequestOf<'train'>): string {
  const again = attempt > 1 ? `-${attempt}` : '';
  return `${loopId}-round-${String(round).padStart(2, '0')}${again}`;
}
