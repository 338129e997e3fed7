/** Supervises one run to its end: asks what is next, does it, remembers it. May be killed anywhere and begun again. */
import { decide } from './decide.ts';
import type { Intent } from './intent.ts';
import * as onCloud from './perform-cloud.ts';
import * as onHost from './perform-host.ts';
import type { Outcome } from './plan.ts';
import { Supervision } from './supervision.ts';
import type { World } from './world.ts';

export interface RunEnd {
  outcome: Outcome;
  /** Machines that could not be ended; empty: all that the run made is gone, all that it found is as agreed. */
  left: readonly string[];
}

/** @throws Error when the journal cannot be written: then it is better to stop, and to go on from what it says */
export async function supervise(world: World): Promise<RunEnd> {
  const run = new Supervision(world);
  const { state } = run;
  if (state.left === null) {
    run.record({ type: 'supervising' });
    run.report(state.supervisors === 1 ? 'began' : 'resumed');
  }
  const reporting = reportRegularly(run).catch((error: unknown) => run.breakWith(error));
  try {
    for (;;) {
      if (run.broken !== null) throw run.broken.error;
      const intent = decide(state, run.view, run.nowMs);
      if (intent.do === 'finish') return finish(run, intent.left);
      await perform(run, intent);
      run.showStatus();
    }
  } finally {
    run.end();
    await reporting;
  }
}

function finish(run: Supervision, left: string[]): RunEnd {
  if (run.state.left === null) {
    run.record({ type: 'cleaned', left });
    run.report('end');
  }
  run.showStatus();
  return { outcome: run.state.outcome!, left };
}

/** Beside everything else, so that no request that hangs keeps a report back. */
async function reportRegularly(run: Supervision): Promise<void> {
  const everyMs = run.state.plan.timing.reportS * 1000;
  while (!run.ended.aborted) {
    const dueMs = (run.state.reportedAtMs ?? run.nowMs) + everyMs;
    if (dueMs <= run.nowMs) run.report('regular');
    else await run.world.clock.sleep(dueMs - run.nowMs, run.ended);
  }
}

async function perform(run: Supervision, intent: Intent): Promise<void> {
  switch (intent.do) {
    case 'sweep':
      return onCloud.sweep(run);
    case 'end-stray':
      return onCloud.endStray(run, intent.stray);
    case 'list-offers':
      return onCloud.listOffers(run);
    case 'look-at-existing':
      return onCloud.lookAtExisting(run);
    case 'create':
      return onCloud.create(run, intent);
    case 'settle-create':
      return onCloud.settleCreate(run, intent.machine);
    case 'describe':
      return onCloud.describe(run, intent.machine);
    case 'start':
      return onCloud.start(run, intent.machine);
    case 'retire':
      return onCloud.retire(run, intent);
    case 'end-machine':
      return onCloud.endMachine(run, intent.machine);
    case 'prepare':
      return onHost.prepare(run, intent.machine);
    case 'read-checkpoints':
      return onHost.readCheckpoints(run);
    case 'launch':
      return onHost.launch(run, intent);
    case 'observe':
      return onHost.observe(run, intent.machine);
    case 'end-trainer':
      return onHost.endTrainer(run, intent);
    case 'interrupt':
      return onHost.interrupt(run, intent.machine);
    case 'kill':
      return onHost.kill(run, intent.machine);
    case 'fetch-outputs':
      return onHost.fetchOutputs(run, intent.machine);
    default:
      return performOwn(run, intent);
  }
}

/** What needs nobody else. */
async function performOwn(run: Supervision, intent: Intent): Promise<void> {
  if (intent.do === 'wait') return run.wait(intent.untilMs);
  if (intent.do === 'note-end') {
    const { do: _, ...ending } = intent;
    run.record({ type: 'attempt-ended', attempt: run.state.attempt!.number, ...ending });
  } else if (intent.do === 'note-unpublished') {
    run.record({ type: 'attempt-unpublished', attempt: run.state.attempt!.number });
  } else if (intent.do === 'conclude') {
    run.record({ type: 'outcome', outcome: intent.outcome });
    run.report('outcome');
  }
}
