/** A run as people want to know it: state.json, `train status`, and the reports. */
import { burnUsdPerHour, spentUsd } from './cost.ts';
import type { Outcome } from './plan.ts';
import { currentMachine, runningAttempt, type SupervisorState } from './state.ts';
import type { View } from './view.ts';

export type RunPhase =
  | 'looking'
  | 'waiting-for-machine'
  | 'booting'
  | 'preparing'
  | 'launching'
  | 'training'
  | 'publishing'
  | 'cleaning-up'
  | 'ended';

export interface RunStatus {
  run: string;
  atMs: number;
  phase: RunPhase;
  machine: {
    name: string;
    zone: string;
    type: string;
    gpu: string;
    gpus: number;
    address: string | null;
    found: boolean;
  } | null;
  attempt: number;
  restarts: number;
  preemptions: number;
  step: number | null;
  steps: number | null;
  loss: number | null;
  stepsPerS: number | null;
  etaS: number | null;
  gpuMemoryBytes: number | null;
  /** When the trainer's step was last seen to count on, by this machine's clock. */
  steppedAtMs: number | null;
  newestCheckpoint: number | null;
  uploadFault: string | null;
  hours: number;
  maxHours: number;
  /** Machines that are being ended included. Null: a price is not known. */
  spentUsd: number | null;
  usdPerHour: number | null;
  maxCostUsd: number | null;
  /** What fails now, the longest first. */
  troubles: string[];
  outcome: Outcome | null;
  /** Apart from the outcome: a training may have succeeded whose machine could not be deleted. */
  cleanUp: 'not-begun' | 'under-way' | 'done' | 'left';
  /** Machines that could not be ended. */
  left: string[];
}

export interface Report extends RunStatus {
  why: 'began' | 'resumed' | 'regular' | 'launched' | 'down' | 'restarted' | 'outcome' | 'end';
}

export function runStatus(state: SupervisorState, view: View, nowMs: number): RunStatus {
  const machine = currentMachine(state);
  const { attempt, plan } = state;
  const sees = machine !== null && view.machine.name === machine.name ? view.machine : null;
  const status = sees?.status ?? null;
  const rate = stepsPerS(state, view);
  const step = status?.step ?? attempt?.step ?? null;
  const steps = status?.steps ?? null;
  return {
    run: plan.runId,
    atMs: nowMs,
    phase: phaseOf(state),
    machine: machine && {
      name: machine.name,
      zone: machine.zone,
      type: machine.offer.type,
      gpu: machine.offer.gpu,
      gpus: machine.offer.gpus,
      address: sees?.described?.address ?? null,
      found: machine.origin === 'found',
    },
    attempt: attempt?.number ?? 0,
    restarts: state.restarts,
    preemptions: state.preemptions,
    step,
    steps,
    loss: status?.loss ?? null,
    stepsPerS: rate,
    etaS: rate !== null && rate > 0 && steps !== null && step !== null ? (steps - step) / rate : null,
    gpuMemoryBytes: status?.gpuMemoryBytes ?? null,
    steppedAtMs: sees?.stepAtMs ?? null,
    newestCheckpoint: state.newestCheckpoint,
    uploadFault: status?.uploadFault ?? null,
    hours: (nowMs - state.plannedAtMs) / 3_600_000,
    maxHours: plan.maxHours,
    spentUsd: spentUsd(state, nowMs),
    usdPerHour: burnUsdPerHour(state),
    maxCostUsd: plan.maxCostUsd,
    troubles: view.retries.troubles(),
    outcome: state.outcome,
    cleanUp: cleanUpOf(state),
    left: state.left ?? [],
  };
}

function phaseOf(state: SupervisorState): RunPhase {
  if (state.left !== null) return 'ended';
  if (state.outcome !== null) return 'cleaning-up';
  const machine = currentMachine(state);
  if (machine === null) return state.machines.size === 0 ? 'looking' : 'waiting-for-machine';
  if (machine.phase === 'creating' || machine.power === 'asked') return 'booting';
  if (machine.phase !== 'made' || machine.power !== 'on') return 'waiting-for-machine';
  if (!machine.prepared) return 'preparing';
  if (runningAttempt(state)?.machine === machine.name) return 'training';
  return state.attempt?.exitCode === 0 ? 'publishing' : 'launching';
}

function cleanUpOf(state: SupervisorState): RunStatus['cleanUp'] {
  if (state.left !== null) return state.left.length === 0 ? 'done' : 'left';
  return state.outcome === null ? 'not-begun' : 'under-way';
}

/** Of this attempt, since its first step that was seen. */
function stepsPerS(state: SupervisorState, view: View): number | null {
  const { first, status, stepAtMs } = view.machine;
  if (first === null || status === null || stepAtMs === null || runningAttempt(state) === null) return null;
  const tookS = (stepAtMs - first.atMs) / 1000;
  return tookS > 0 && status.step > first.step ? (status.step - first.step) / tookS : null;
}
