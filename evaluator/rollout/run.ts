/** A whole rollout run: conditions in, a folder of results out; stopped at any moment, it goes on from its results. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pageBundle } from '../../render/page-bundle.ts';
import { dispatchRollouts } from '../../rollouts/dispatch.ts';
import type { RolloutReply, RolloutSettings, RolloutTask, WorkerSettings } from '../../rollouts/messages.ts';
import { ResultsFile } from '../../rollouts/results-file.ts';
import { codeVersion } from '../../runtime/code-version.ts';
import { Disk, writeWholeFile } from '../../runtime/disk.ts';
import { resumableSentence } from '../../runtime/errno.ts';
import { listenForInterrupts } from '../../runtime/interrupt.ts';
import { packageVersion } from '../../runtime/package-version.ts';
import { readRegularSync } from '../../runtime/regular-file.ts';
import { takeRunLock } from '../../runtime/run-lock.ts';
import { openSeal, seal } from '../../runtime/sealed-json.ts';
import { isTemporaryName } from '../../runtime/temporary-name.ts';
import { copyOf, readTwin, twinFiles } from '../../runtime/twin-file.ts';
import { type Growth, WorkerPool } from '../../runtime/worker-pool.ts';
import type { ConditionSet } from '../../scenarios/suites/conditions.ts';
import { InputError, throwFaults } from '../../sim/errors.ts';
import { shuffledOrder } from '../compare/pairing.ts';
import { type RolloutMachine, type RolloutSummary, summarize } from './summary.ts';
import { TimeLedger, type TimeSplit } from './time-split.ts';

export const RESULTS_FILE = 'results.jsonl';
export const SUMMARY_FILE = 'summary.json';
export const RUN_FILE = 'run.json';

/** What decides the results, as `run.json` holds it; a resumed run must agree with it. */
export interface RolloutRecord {
  format: 1;
  subject: RolloutSettings['subject'];
  /** Of the graph, for a policy. */
  onnx_sha256: string | null;
  suite: string;
  suite_hash: string;
  seed: number;
  episodes: number;
  fps: number;
  state: string;
  /** Left out where it is the default task. */
  task?: string;
  chunk: RolloutSettings['chunk'];
  through_codec: boolean;
  code_version: string;
  package_version: string;
  command: string;
  /** Words after `brickyard` that drive the same policy on the same conditions again. */
  again: string[];
  /** What it began on. */
  machine: RolloutMachine;
  /** Contract and checks of a policy, rendering stack. */
  details: object;
}

export interface RolloutRun {
  settings: RolloutSettings;
  set: ConditionSet;
  /** Recorded actions of a condition, for a replay. */
  replay?: (key: string) => Promise<Float32Array>;
  onnxSha256: string | null;
  details: object;
  command: string;
  again: string[];
  machine: RolloutMachine;
  workers: number;
  /** When those beyond the number of cores start; for tests. */
  growth?: Growth;
  resume: boolean;
  /** Conditions in an order that says nothing about how they end; what is stored is the same. */
  shuffled?: boolean;
  hangS: number;
  say(text: string): void;
}

export type RunOutcome =
  | { kind: 'done'; summary: RolloutSummary }
  | { kind: 'interrupted'; done: number; total: number };

/** @throws InputError when the folder holds something else, or results of another run */
export async function runRollouts(run: RolloutRun): Promise<RunOutcome> {
  const { out } = run.settings;
  checkFolder(run);
  const release = takeRunLock(out, out);
  try {
    const record = recordOf(run);
    const path = join(out, RUN_FILE);
    const began = readRecord(path);
    if (began) checkSame(out, began.value, record);
    if (!began || began.fromCopy)
      for (const file of twinFiles(path, JSON.stringify(began?.value ?? record, null, 2)))
        writeWholeFile(file.path, file.text);
    for (const folder of [out, join(out, 'trajectories')]) await new Disk().removeLeftovers(folder);
    return await go(run);
  } finally {
    release();
  }
}

/** What the rollouts in a folder are drawn with; undefined when nothing is, or nothing is there. */
export function recordedBackend(out: string): RolloutSettings['backend'] | undefined {
  return readRecord(join(out, RUN_FILE))?.value.machine?.rendering_stack?.backend;
}

/**
 * Undefined when there is none.
 * @throws InputError when it is damaged, and its copy as well
 */
function readRecord(path: string): { value: RolloutRecord; fromCopy: boolean } | undefined {
  const read = readTwin(path, (value) => {
    if (typeof (value as RolloutRecord)?.subject?.kind === 'string') return value as RolloutRecord;
    throw new Error('it is not the record of a rollout');
  });
  if (read.kind === 'missing') return undefined;
  if (read.kind === 'found') return read;
  throw new InputError(`${path} does not say what was rolled out there (${read.why}): name another --out`);
}

function checkFolder({ settings: { out }, resume }: RolloutRun): void {
  if (!existsSync(out)) return;
  const names = readdirSync(out).filter((name) => name !== 'lock' && !isTemporaryName(name));
  if (names.length === 0) return;
  if (!names.includes(RUN_FILE) && !names.includes(copyOf(RUN_FILE)))
    throw new InputError(
      `--out ${out} holds something that is no rollout (${names.slice(0, 3).join(', ')}); name another folder`,
    );
  if (!resume)
    throw new InputError(
      `--out ${out} holds rollouts already: add --resume to go on with them, or name another folder`,
    );
}

function recordOf({ settings, set, onnxSha256, ...run }: RolloutRun): RolloutRecord {
  return {
    format: 1,
    subject: settings.subject,
    onnx_sha256: onnxSha256,
    suite: set.name,
    suite_hash: set.hash,
    seed: set.seed,
    episodes: set.conditions.length,
    fps: settings.fps,
    state: settings.state,
    ...(settings.taskName && { task: settings.taskName }),
    chunk: settings.chunk,
    through_codec: settings.throughCodec,
    code_version: codeVersion('rollout'),
    package_version: packageVersion(),
    command: run.command,
    again: run.again,
    machine: run.machine,
    details: run.details,
  };
}

/** Rollouts of two policies, suites or versions must not end in one file. */
function checkSame(out: string, began: RolloutRecord, now: RolloutRecord): void {
  const same = ['onnx_sha256', 'suite_hash', 'fps', 'state', 'chunk', 'code_version'] as const;
  const faults = same
    .filter((key) => JSON.stringify(began[key]) !== JSON.stringify(now[key]))
    .map(
      (key) => `${key} was ${JSON.stringify(began[key])} when the run began, now ${JSON.stringify(now[key])}`,
    );
  // A record from before there was a choice has none.
  if ((began.through_codec ?? false) !== now.through_codec)
    faults.push(
      began.through_codec
        ? 'its frames went through the codec: add --through-codec'
        : 'its frames did not go through the codec: leave --through-codec out',
    );
  const [drew, draws] = [began, now].map(({ machine }) => machine?.rendering_stack?.backend);
  if (drew !== undefined && draws !== undefined && drew !== draws)
    faults.push(`its frames were drawn by ${drew}, now by ${draws}: add --backend ${drew}`);
  if (began.subject.kind !== now.subject.kind)
    faults.push(`it rolled out ${began.subject.label}, now ${now.subject.label}`);
  throwFaults(
    `--resume in ${out}`,
    faults.map((fault) => `${fault}; finish it as it began, or name another --out`),
  );
}

async function go(run: RolloutRun): Promise<RunOutcome> {
  const { settings, set } = run;
  const from = performance.now();
  const results = new ResultsFile(join(settings.out, RESULTS_FILE));
  if (results.damaged > 0)
    run.say(`${results.damaged} lines of ${RESULTS_FILE} were damaged; what they said is rolled out again`);
  const tasks = tasksOf(run).filter(({ condition }) => !results.done.has(condition.key));
  try {
    if (run.replay) for (const task of tasks) task.replay = await run.replay(task.condition.key);
    const split = tasks.length > 0 ? await rollOut(run, tasks, results) : null;
    const total = set.conditions.length;
    if (results.done.size < total) return { kind: 'interrupted', done: results.done.size, total };
    const before = tasks.length === 0 ? finishedSummary(run) : undefined;
    if (before) return { kind: 'done', summary: before };
    const summary = finalSummary(run, results, (performance.now() - from) / 1000, split);
    writeWholeFile(join(settings.out, SUMMARY_FILE), `${seal(JSON.stringify(summary, null, 2))}\n`);
    return { kind: 'done', summary };
  } catch (error) {
    const refused = resumableSentence(error, `the rollouts in ${settings.out} cannot be completed`);
    if (refused === undefined || results.done.size === 0) throw error;
    throw new InputError(refused, { cause: error });
  } finally {
    results.close();
  }
}

/** What a finished run says of itself; it knows how long it took, which whoever looks again does not. */
function finishedSummary({ settings: { out }, set }: RolloutRun): RolloutSummary | undefined {
  try {
    const opened = openSeal(readRegularSync(join(out, SUMMARY_FILE)).toString('utf8'));
    if (opened.kind === 'damaged') return undefined;
    const summary = JSON.parse(opened.text) as RolloutSummary;
    const isWhole = summary.suite_hash === set.hash && summary.episodes === set.conditions.length;
    return isWhole ? { ...summary, results: join(out, RESULTS_FILE) } : undefined;
  } catch {
    return undefined; // missing or damaged: it is made anew
  }
}

function tasksOf({ set, shuffled }: RolloutRun): RolloutTask[] {
  const tasks = set.conditions.map((condition, index) => ({ index, condition }));
  if (!shuffled) return tasks;
  return shuffledOrder(tasks.map((task) => ({ task, condition: task.condition.key }))).map(
    ({ task }) => task,
  );
}

async function rollOut(
  run: RolloutRun,
  tasks: RolloutTask[],
  results: ResultsFile,
): Promise<TimeSplit | null> {
  const ledger = new TimeLedger();
  const from = process.cpuUsage();
  const pageScript = run.settings.subject.kind === 'policy' ? await pageBundle() : undefined;
  const pool = new WorkerPool<RolloutTask, RolloutReply, WorkerSettings>({
    filename: fileURLToPath(new URL('../../rollouts/worker.ts', import.meta.url)),
    workers: Math.min(run.workers, tasks.length),
    tasksPerWorker: 1, // the clock of a rollout that hangs must not run while it waits for another
    growth: run.growth,
    settings: { ...run.settings, pageScript },
  });
  const interrupt = listenForInterrupts({
    onFirst: () => run.say('stopping: rollouts in flight are being finished; again to stop at once'),
    onSecond: () => pool.killBrowsers(),
  });
  const total = run.set.conditions.length;
  try {
    await dispatchRollouts({
      tasks,
      pool,
      hangS: run.hangS,
      stop: interrupt.stop,
      onResult: (result, times) => {
        results.append(run.settings.throughCodec ? { ...result, through_codec: true } : result);
        if (times) ledger.add(times, result.queries);
        const why = result.failure?.label ?? result.error ?? '';
        run.say(
          `${results.done.size}/${total} ${result.condition} ${result.status} ${result.time_s} s ${why}`.trim(),
        );
      },
      onCrash: (task, message) => run.say(`${task.condition.key} is rolled out again: ${message}`),
    });
    const { user, system } = process.cpuUsage(from);
    return ledger.split((user + system) / 1e6);
  } finally {
    interrupt.release();
    await pool.close();
  }
}

function finalSummary(
  { settings, set, machine }: RolloutRun,
  results: ResultsFile,
  wallS: number,
  split: TimeSplit | null,
): RolloutSummary {
  const ordered = set.conditions.map(({ key }) => results.done.get(key)!);
  return {
    ...summarize(ordered),
    checkpoint: settings.subject.label,
    through_codec: settings.throughCodec,
    suite: set.name,
    suite_hash: set.hash,
    wall_s: Math.round(wallS * 100) / 100,
    per_query: split,
    machine,
    results: join(settings.out, RESULTS_FILE),
  };
}
