/** One worker thread: its own simulator, browser and policy session; conditions in, results out. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { GraphError } from '../policy/graph-process.ts';
import { OnnxPolicy } from '../policy/onnx-policy.ts';
import { loadPolicy } from '../policy/policy-folder.ts';
import { PolicySession } from '../policy/session.ts';
import { openWorkerBrowser } from '../render/worker-browser.ts';
import { writeWholeFile } from '../runtime/disk.ts';
import { resumableSentence } from '../runtime/errno.ts';
import type { PoolData } from '../runtime/worker-channel.ts';
import { useOutsideTask } from '../scenarios/use-task.ts';
import { replayPolicy } from '../sim/engine/policies.ts';
import type { Policy } from '../sim/engine/policy.ts';
import { InputError } from '../sim/errors.ts';
import { loadTask } from '../sim/tasks/load-task.ts';
import { loadTrial } from '../sim/tasks/load-trial.ts';
import { baselinePolicy } from './baselines.ts';
import { rolloutResult, runRollout } from './episode.ts';
import type { RolloutReply, RolloutTask, WorkerSettings } from './messages.ts';
import { openView } from './policy-view.ts';
import { encodeTrajectory } from './trajectory-file.ts';
import { WorkerClock } from './worker-clock.ts';

const settings = workerData as WorkerSettings & PoolData;
await useOutsideTask(settings.outsideTask);
const { subject } = settings;
const browser = openWorkerBrowser(settings, { backend: settings.backend, script: settings.pageScript });
let session: PolicySession | undefined;
const clock = new WorkerClock(
  () => session?.spent ?? { wallS: 0, cpuS: 0 },
  () => browser.pid,
);
const ready = start();
ready.catch(() => {}); // the first task reports it

async function start(): Promise<void> {
  const simulator = loadTask(settings.taskName);
  if (subject.kind === 'policy') {
    browser.warmUp();
    session = await PolicySession.open(await loadPolicy(subject.folder));
    const { widthPx, heightPx } = settings;
    // The first picture of a browser takes a second of compiled shaders.
    const makeTrial = await loadTrial();
    await browser.egoRgb(makeTrial({ frames: 1, widthPx, heightPx }), 0);
  }
  await simulator;
  clock.ready();
}

/** Runs one rollout, stores its trajectory and answers with its result. */
export default async function answer(task: RolloutTask): Promise<RolloutReply> {
  try {
    return await rollOut(task);
  } catch (error) {
    const refused = resumableSentence(error, `the rollouts in ${settings.out} cannot be completed`);
    // A graph that gives no answer in one rollout may give one in the next.
    const isUnlucky = error instanceof GraphError && session !== undefined;
    const isInput = !isUnlucky && (error instanceof InputError || refused !== undefined);
    return { fault: refused ?? (error as Error).message, kind: isInput ? 'bad-input' : 'crash' };
  }
}

async function rollOut(task: RolloutTask): Promise<RolloutReply> {
  await ready;
  // A graph that ran over its limits in an earlier rollout was ended.
  if (subject.kind === 'policy' && !session!.isOpen)
    session = await PolicySession.open(await loadPolicy(subject.folder));
  const { condition } = task;
  const view = openView(browser, condition.start, settings);
  const { fps, state } = settings;
  const rollout = await runRollout(condition, policyOf(task), { fps, state, view }).finally(() =>
    view.close(),
  );
  const file = `trajectories/${String(task.index).padStart(5, '0')}.trajectory`;
  await mkdir(join(settings.out, 'trajectories'), { recursive: true });
  writeWholeFile(join(settings.out, file), encodeTrajectory(rollout.trajectory));
  const result = rolloutResult(condition, rollout, file);
  clock.physics.wallS += rollout.physics.wallS;
  clock.physics.cpuS += rollout.physics.cpuS;
  clock.drawS += view.drawS;
  return { result, times: clock.times() };
}

function policyOf({ replay }: RolloutTask): Policy {
  if (subject.kind === 'replay') return replayPolicy(replay!);
  if (subject.kind !== 'policy') return baselinePolicy(subject.kind);
  return new OnnxPolicy(session!, settings.chunk);
}
