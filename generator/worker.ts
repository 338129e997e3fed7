/**
 * One worker thread: jobs in, staged episodes out. It simulates in this thread while its Chromium draws the episode
 * before. What it answers depends on the task alone, never on what it did earlier.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { type EpisodeRecord, encodeRecord, recordChecksum } from '../dataset/episode-record.ts';
import { StagingArea } from '../dataset/staging.ts';
import { statFrameIndices, statStride } from '../dataset/stat-frames.ts';
import { BackendAgreement } from '../render/backend-agreement.ts';
import { RendererCrash } from '../render/renderer.ts';
import { openWorkerBrowser } from '../render/worker-browser.ts';
import { isFull, systemSentence } from '../runtime/errno.ts';
import { outsideFault } from '../runtime/outside-task.ts';
import { useOutsideTask } from '../scenarios/use-task.ts';
import { framesBySource, type Trajectory } from '../sim/engine/trajectory.ts';
import { InputError } from '../sim/errors.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import {
  type AttemptOptions,
  type AttemptOutcome,
  assertReplays,
  attemptEpisode,
  type FailedAttempt,
} from './episode.ts';
import type {
  EpisodeReply,
  EpisodeTask,
  KeptEpisode,
  TaskFault,
  TaskReply,
  WorkerSettings,
} from './messages.ts';
import { attemptDagger, type DaggerOutcome } from './modes/dagger-attempt.ts';
import type { DaggerRecord } from './modes/dagger-record.ts';
import type { OpenedStudent } from './modes/dagger-student.ts';

const settings = workerData as WorkerSettings;
await useOutsideTask(settings.outsideTask);
const staging = new StagingArea(settings.out);
const session = openWorkerBrowser(settings, {
  backend: settings.backend,
  agreement: new BackendAgreement(settings.agreement),
});
session.warmUp();
const simulator = loadTask(settings.taskName);
const student = settings.dagger && openedStudent(settings.dagger);
student?.catch(() => {}); // the first task reports it

/** Makes one episode, or says what kept it from being made. */
export default async function answer(task: EpisodeTask): Promise<TaskReply> {
  try {
    return await makeEpisode(task);
  } catch (error) {
    return { job: task.job, fault: nameFault(error) };
  }
}

function nameFault(error: unknown): TaskFault {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (isFull(error)) return { kind: 'disk-full', message, stack };
  if (error instanceof RendererCrash) return { kind: 'renderer-crash', message, stack };
  if (error instanceof InputError) return { kind: 'bad-input', message, stack };
  const refused = systemSentence(error) ?? outsideFault(error);
  return refused ? { kind: 'bad-input', message: refused, stack } : { kind: 'bug', message, stack };
}

/** Attempts until one succeeds or the task's share of attempts is used up. */
async function makeEpisode(task: EpisodeTask): Promise<EpisodeReply> {
  await simulator;
  const seconds = { simulate: 0, replay: 0, draw: 0, stage: 0 };
  const failures: FailedAttempt[] = [];
  const timed = stopwatch(seconds);
  const { scenario } = settings.scenarios[task.job.scenario];
  for (let attempt = task.firstAttempt; attempt < task.firstAttempt + task.maxAttempts; attempt++) {
    // Between attempts the thread turns to its browser: one attempt may take a second, and ten of them would look
    // like a page that hangs.
    await nextTurn();
    const outcome = await timed('simulate', () => attempted({ ...settings, ...task.job, scenario, attempt }));
    if ('failure' in outcome) {
      failures.push(outcome.failure);
      continue;
    }
    const trajectory = outcome.kept;
    if (task.verify) timed('replay', () => assertReplays(trajectory));
    const { record, drawS } = await draw(task, attempt, trajectory);
    seconds.draw += drawS;
    const bytes = encodeRecord(record);
    await timed('stage', () => staging.stageEpisode(task.job.index, bytes));
    const kept: KeptEpisode = {
      scenario: scenario.name,
      attempt,
      frames: trajectory.frames,
      stagedBytes: bytes.length,
      stagedSha256: recordChecksum(bytes),
      finalStateHash: trajectory.finalStateHash,
      kind: outcome.kind,
      ...(trajectory.start.disturbed ? { disturbance: trajectory.start.disturbed.by } : {}),
      sources: framesBySource(trajectory.sources),
      ...('dagger' in outcome ? { dagger: outcome.dagger } : {}),
    };
    return { job: task.job, failures, kept, seconds, stack: await session.stack() };
  }
  return { job: task.job, failures, seconds };
}

/** Brings ONNX Runtime, which no other mode needs. */
async function openedStudent({ student }: DaggerRecord): Promise<OpenedStudent> {
  const { openStudent } = await import('./modes/dagger-student.ts');
  return openStudent(student, session);
}

/** As the run's mode has it: at once, or once a student has driven. */
async function attempted(options: AttemptOptions): Promise<AttemptOutcome | DaggerOutcome> {
  if (!settings.dagger || !student) return attemptEpisode(options);
  const { student: record, beta, aim } = settings.dagger;
  const drives = { student: (await student).next(), studentHash: record.onnx_sha256, beta };
  return attemptDagger({ ...options, ...drives, aim: aim?.pool, ordinary: aim?.ordinary });
}

async function draw(
  task: EpisodeTask,
  attempt: number,
  trajectory: Trajectory,
): Promise<{ record: EpisodeRecord; drawS: number }> {
  const { start, poses, outcome, detail: _, ...columns } = trajectory;
  const { fps, widthPx, heightPx, seed } = settings;
  const statFrames = statFrameIndices(trajectory.frames);
  const { video, drawS } = await session.encode({
    start,
    poses,
    frames: trajectory.frames,
    fps,
    widthPx,
    heightPx,
    statFrames,
    statStride: statStride(widthPx, heightPx),
  });
  const record = {
    ...columns,
    key: start.seed,
    scenario: start.scenario,
    scenarioHash: settings.scenarios[task.job.scenario].hash,
    seed,
    slot: task.job.slot,
    attempt,
    task: start.task,
    start,
    outcome,
    video,
    statFrames: statFrames.length,
  };
  return { record, drawS };
}

/** Adds what a step takes to its entry, for promises until they settle. */
function stopwatch<K extends string>(seconds: Record<K, number>) {
  return <T>(key: K, step: () => T): T => {
    const from = performance.now();
    const add = (): void => {
      seconds[key] += (performance.now() - from) / 1000;
    };
    const result = step();
    if (result instanceof Promise) return result.finally(add) as T;
    add();
    return result;
  };
}
