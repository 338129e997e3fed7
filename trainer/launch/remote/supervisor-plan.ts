/** What the supervisor goes by, from the plan of a run. */
import { join } from 'node:path';
import { SUPERVISOR_TIMING, type SupervisorPlan } from '../supervisor/plan.ts';
import type { MachineRef } from './ports.ts';
import { REMOTE_DEFAULTS, type RunPlan } from './run-plan.ts';

/** On every machine that brickyard made; `train cleanup` sweeps by it. */
export const OWN_LABEL = { brickyard: 'train' } as const;
export const RUN_LABEL = 'brickyard-run';

export interface PlannedMachines {
  existing: MachineRef | null;
  existingAfterwards: SupervisorPlan['existingAfterwards'];
  publicKey: string;
}

/** @param folder of the run, absolute */
export function supervisorPlan(
  { runId, limits }: RunPlan,
  folder: string,
  { existing, existingAfterwards, publicKey }: PlannedMachines,
): SupervisorPlan {
  const scaled = (seconds: number): number => Math.max(1, (seconds * limits.pollS) / REMOTE_DEFAULTS.pollS);
  const { observeS, describeS, describeStartingS, checkpointsS } = SUPERVISOR_TIMING;
  return {
    runId,
    labels: { ...OWN_LABEL, [RUN_LABEL]: runId },
    publicKey,
    existing,
    existingAfterwards,
    rentElsewhere: false,
    maxHours: limits.maxHours,
    maxCostUsd: limits.maxCostUsd,
    outputs: outputsFolder(folder),
    timing: {
      ...SUPERVISOR_TIMING,
      observeS: scaled(observeS),
      describeS: scaled(describeS),
      describeStartingS: scaled(describeStartingS),
      checkpointsS: scaled(checkpointsS),
      reportS: limits.reportMinutes * 60,
      deadManS: limits.deadManMinutes * 60,
      hangS: limits.hangMinutes * 60,
    },
  };
}

export function outputsFolder(folder: string): string {
  return join(folder, 'outputs');
}

/** A run folder like any local one: `eval`, `export` and `eval sweep` take it. */
export function outputsRun(folder: string): string {
  return join(outputsFolder(folder), 'run');
}
