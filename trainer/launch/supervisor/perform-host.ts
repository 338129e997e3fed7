/** What is asked of the host and of storage, and what their answers mean. */
import { HostError, type Machine, StoreError } from '../remote/ports.ts';
import { deadManSNow } from './cost.ts';
import type { Intent } from './intent.ts';
import { type MachineRecord, runningAttempt } from './state.ts';
import { messageOf, type Supervision } from './supervision.ts';

type Of<K extends Intent['do']> = Extract<Intent, { do: K }>;

const PREPARE_TRIES = 3;
const INTERRUPT_TRIES = 3;
/** Storage that may not be read does not get readable by asking. */
const STORE_PATIENCE_MS = 15 * 60_000;

/** Begins what takes long; the rest goes on beside it. */
function begin(
  run: Supervision,
  kind: 'prepare' | 'outputs',
  machine: MachineRecord,
  work: Promise<void>,
): void {
  const job = { kind, machine: machine.name, sinceMs: run.nowMs };
  run.view.job = job;
  const done = (error?: unknown): void => {
    // Of a machine that was given up meanwhile nothing is wanted; a supervisor that ended writes nothing.
    if (run.view.job !== job || run.ended.aborted) return;
    run.view.job = null;
    if (kind === 'outputs') noteOutputs(run, error);
    else notePrepared(run, machine, error);
    run.wake();
  };
  work
    .then(
      () => done(),
      (error: unknown) => done(error ?? new Error('unknown')),
    )
    .catch((error: unknown) => run.breakWith(error));
}

export async function prepare(run: Supervision, machine: MachineRecord): Promise<void> {
  begin(run, 'prepare', machine, run.world.host.prepare(described(run, machine)));
}

function notePrepared(run: Supervision, machine: MachineRecord, error: unknown): void {
  if (error === undefined) {
    run.succeeded('prepare');
    run.record({ type: 'prepared', name: machine.name });
    return;
  }
  const failures = run.failed('prepare', error);
  const fault = error instanceof HostError ? error.fault : 'unreachable';
  noteReach(run, machine, fault === 'unreachable' || fault === 'refused');
  if (fault === 'host-key' || fault === 'disk-full') run.view.fatal = messageOf(error);
  if (fault === 'setup-failed' && failures >= PREPARE_TRIES)
    run.view.fatal = `the machine could not be prepared in ${failures} tries: ${messageOf(error)}`;
}

export async function fetchOutputs(run: Supervision, machine: MachineRecord): Promise<void> {
  begin(
    run,
    'outputs',
    machine,
    run.world.host.fetchOutputs(described(run, machine), run.state.plan.outputs),
  );
}

function noteOutputs(run: Supervision, error: unknown): void {
  if (error === undefined) run.succeeded('outputs');
  else if (run.failed('outputs', error) < INTERRUPT_TRIES) return;
  run.record({ type: 'outputs', fetched: error === undefined });
}

export async function readCheckpoints(run: Supervision): Promise<void> {
  const { view, state } = run;
  const askedAtMs = run.nowMs;
  try {
    const list = await run.storage(run.world.store.checkpoints());
    run.succeeded('checkpoints');
    const newest = list.at(-1) ?? null;
    const known = state.newestCheckpoint;
    // The host may have published while nobody looked after the run.
    const expected = Math.max(known ?? -1, view.machine.status?.publishedStep ?? -1);
    const isLess = (newest?.step ?? -1) < expected;
    view.listsLessSinceMs = isLess ? (view.listsLessSinceMs ?? run.nowMs) : null;
    const before = view.checkpoints?.at(-1)?.step ?? -1;
    view.checkpoints = list;
    view.checkpointsAtMs = askedAtMs;
    if (newest !== null && (known === null || newest.step > known))
      run.record({ type: 'checkpoint', step: newest.step, validationLoss: newest.validationLoss });
    for (const one of list) if (one.step > before) run.world.onCheckpoint(one);
  } catch (error) {
    run.failed('checkpoints', error);
    const fault = error instanceof StoreError ? error.fault : 'transient';
    const sinceMs = view.retries.get('checkpoints')!.sinceMs;
    const isBarred = fault === 'permission' || fault === 'credentials';
    if (isBarred && state.attempt?.end !== null && run.nowMs - sinceMs > STORE_PATIENCE_MS)
      view.fatal = messageOf(error);
  }
}

export async function launch(run: Supervision, intent: Of<'launch'>): Promise<void> {
  const { machine, attempt, resumeStep } = intent;
  const { runId } = run.state.plan;
  const sees = run.sees(machine);
  if (run.state.attempt?.number !== attempt)
    run.record({ type: 'launching', name: machine.name, attempt, resumeStep });
  try {
    const deadManS = deadManSNow(run.state, run.nowMs);
    await run.host(run.world.host.launch(described(run, machine), { runId, attempt, resumeStep, deadManS }));
  } catch (error) {
    run.failed('launch', error);
    const fault = error instanceof HostError ? error.fault : 'unreachable';
    if (fault === 'host-key') run.view.fatal = messageOf(error);
    noteReach(run, machine, fault === 'unreachable');
    return;
  }
  run.succeeded('launch');
  noteReach(run, machine, false);
  run.record({ type: 'launched', attempt });
  Object.assign(sees, { status: null, first: null, sequenceAtMs: run.nowMs, stepAtMs: run.nowMs });
  run.report(run.state.restarts > 0 ? 'restarted' : 'launched');
}

export async function observe(run: Supervision, machine: MachineRecord): Promise<void> {
  const { host } = run.world;
  const sees = run.sees(machine);
  const there = described(run, machine);
  const beganAtMs = run.nowMs;
  try {
    await run.host(host.renew(there, deadManSNow(run.state, run.nowMs)));
    const status = machine.prepared ? await run.host(host.status(there)) : null;
    run.succeeded('observe');
    noteReach(run, machine, false);
    const before = sees.status;
    const isOther = before?.attempt !== status?.attempt;
    if (isOther || before?.sequence !== status?.sequence) sees.sequenceAtMs = run.nowMs;
    if (isOther || before?.step !== status?.step || before?.state !== status?.state)
      sees.stepAtMs = run.nowMs;
    if (status === null) sees.sequenceAtMs ??= run.nowMs;
    if (status?.state === 'training' && (isOther || sees.first === null))
      sees.first = { step: status.step, atMs: run.nowMs };
    sees.status = status;
    if (machine.prepared) sees.seenAtMs = run.nowMs;
    const attempt = runningAttempt(run.state);
    const isNewer = attempt?.machine === machine.name && (status?.attempt ?? 0) > attempt.number;
    if (isNewer) run.view.isSuperseded = true;
  } catch (error) {
    run.failed('observe', error);
    if (error instanceof HostError && error.fault === 'host-key') run.view.fatal = messageOf(error);
    noteReach(run, machine, true, beganAtMs);
  }
  sees.observedAtMs = run.nowMs;
}

export async function endTrainer(run: Supervision, { machine, end, step }: Of<'end-trainer'>): Promise<void> {
  const { attempt } = run.state;
  try {
    await run.host(run.world.host.kill(described(run, machine)));
    run.succeeded('kill');
    run.record({ type: 'attempt-ended', attempt: attempt!.number, end, exitCode: null, step });
  } catch (error) {
    run.failed('kill', error);
    noteReach(run, machine, true);
  }
}

export async function interrupt(run: Supervision, machine: MachineRecord): Promise<void> {
  const sees = run.sees(machine);
  try {
    await run.host(run.world.host.interrupt(described(run, machine)));
    sees.interruptedAtMs = run.nowMs;
    run.succeeded('interrupt');
  } catch (error) {
    const failures = run.failed('interrupt', error);
    if (failures >= INTERRUPT_TRIES) sees.interruptedAtMs = run.nowMs;
  }
}

/** Before its machine is ended anyway: tried once. */
export async function kill(run: Supervision, machine: MachineRecord): Promise<void> {
  run.sees(machine).wasKilled = true;
  try {
    await run.host(run.world.host.kill(described(run, machine)));
  } catch (error) {
    run.failed('kill', error);
  }
}

function noteReach(
  run: Supervision,
  machine: MachineRecord,
  isUnreachable: boolean,
  sinceMs = run.nowMs,
): void {
  const sees = run.sees(machine);
  if (!isUnreachable) sees.unreachableSinceMs = null;
  else sees.unreachableSinceMs ??= sinceMs;
}

function described(run: Supervision, machine: MachineRecord): Machine {
  return run.sees(machine).described!;
}
