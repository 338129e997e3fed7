/** One command that looks after a run: the supervisor with the real world around it, until the run has ended. */
import { join } from 'node:path';
import { listenForInterrupts } from '../../../runtime/interrupt.ts';
import { LineLog } from '../../../runtime/line-log.ts';
import type { Evaluation } from '../evaluated-training.ts';
import { openRunStore } from '../storage/open-store.ts';
import { type DiskJournal, supervisorFolder, writeStatus } from '../supervisor/journal.ts';
import type { Outcome } from '../supervisor/plan.ts';
import { supervise } from '../supervisor/run.ts';
import type { RunStatus } from '../supervisor/status.ts';
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../supervisor/system-clock.ts';
import type { World } from '../supervisor/world.ts';
import { exportedHere } from './host-job.ts';
import type { LiveStatus } from './live-status.ts';
import type { RunMachines } from './run-machines.ts';
import { RunOutputs } from './run-outputs.ts';
import type { RunPlan } from './run-plan.ts';
import type { Scrubber } from './scrub.ts';
import type { Secrets } from './secrets.ts';

/** Beside the journal, a line each. */
const REPORTS = 'reports.jsonl';

export interface SuperviseOptions {
  plan: RunPlan;
  folder: string;
  secrets: Secrets;
  scrubber: Scrubber;
  machines: RunMachines;
  journal: DiskJournal;
  live: LiveStatus;
  evaluation: Evaluation | undefined;
  /** A folder here with the dataset. */
  dataset(): Promise<string>;
  /** Ends the run at once, in order: `train stop` of one that nobody looks after. */
  stopNow?: boolean;
}

export interface SuperviseResult {
  outcome: Outcome;
  left: readonly string[];
  status: RunStatus | null;
  /** What could not be fetched, exported or rolled out, a line each. */
  faults: string[];
  wasInterrupted: boolean;
}

export async function superviseRun(options: SuperviseOptions): Promise<SuperviseResult> {
  const { plan, folder, secrets, scrubber, machines, journal, live, evaluation, dataset } = options;
  const store = openRunStore(plan.out, plan.runId, { hubToken: secrets.get('HF_TOKEN') });
  const say = (line: string): void => live.note(line);
  const { command } = plan;
  const exported = exportedHere(plan.overrides);
  const outputs = new RunOutputs({ folder, store, command, exported, dataset, evaluation, say });
  const stop = new AbortController();
  if (options.stopNow) stop.abort();
  const onFirst = (): void => {
    quietly(() =>
      say(
        "stopping: the trainer writes a checkpoint and ends, then everything is cleaned up; once more leaves at once, and the machine to its dead man's switch",
      ),
    );
    outputs.stop();
    stop.abort();
  };
  const interrupt = listenForInterrupts({ onFirst, onSecond: () => outputs.kill() }, ['SIGINT', 'SIGTERM']);
  const release = outliveTerminal();
  const reports = new LineLog(join(supervisorFolder(folder), REPORTS));
  let last: RunStatus | null = null;
  const world: World = {
    clock: SYSTEM_CLOCK,
    random: SYSTEM_RANDOM,
    cloud: machines.cloud,
    host: machines.host,
    store,
    journal,
    stop: stop.signal,
    scrub: (text) => scrubber.scrub(text),
    report: (report) => {
      quietly(() => reports.append(JSON.stringify(report)));
      quietly(() => live.report(report));
    },
    status: (status) => {
      last = status;
      quietly(() => writeStatus(folder, status));
      quietly(() => live.status(status));
    },
    onCheckpoint: (checkpoint) => quietly(() => outputs.onCheckpoint(checkpoint)),
  };
  try {
    const { outcome, left } = await supervise(world);
    live.end();
    const faults = await outputs.finish();
    return { outcome, left, status: last, faults, wasInterrupted: interrupt.stop.aborted };
  } finally {
    interrupt.release();
    release();
    outputs.stop();
    machines.close();
    reports.close();
    journal.close();
    live.end();
  }
}

/** A terminal that is closed, or an ssh session that ends, is no reason to end a training elsewhere. */
function outliveTerminal(): () => void {
  const ignore = (): void => {};
  process.on('SIGHUP', ignore);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignore);
  return () => void process.off('SIGHUP', ignore);
}

/** A full disk or a closed terminal must not end the supervision of a machine that costs money. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // The journal is what counts; it complains itself.
  }
}
