/** Drives policies in closed loop on the same conditions: `eval rollout` as a function. */
import { join } from 'node:path';
import { z } from 'zod';
import { chunkOptions } from '../../policy/action-chunks.ts';
import { readContract } from '../../policy/policy-folder.ts';
import { checkPolicy } from '../../rollouts/preflight.ts';
import { replaySet } from '../../rollouts/replay-conditions.ts';
import { resolveSubject, type Subject } from '../../rollouts/subject.ts';
import { machineFacts } from '../../runtime/machine.ts';
import { userFolder, userPath } from '../../runtime/user-path.ts';
import type { AnyTask } from '../../sim/engine/task.ts';
import { DEFAULT_TASK } from '../../sim/engine/task-registry.ts';
import { InputError } from '../../sim/errors.ts';
import { writeReport } from '../report/write-report.ts';
import { againWords } from './again.ts';
import { onlyConditions } from './only.ts';
import { requestedConditions, taskOfConditions } from './requested-conditions.ts';
import { type RolloutRun, type RunOutcome, recordedBackend, runRollouts } from './run.ts';
import { ROLLOUT_DEFAULTS, rolloutRequestSchema } from './settings.ts';
import { type RolloutMachine, type RolloutSummary, summaryText } from './summary.ts';

export const rollOutOptionsSchema = rolloutRequestSchema.extend({
  /** Folder of the results, or of one folder a checkpoint where there are several; a name made of both when left out. */
  out: z.string().optional(),
  /** Whether report.html is written. */
  report: z.boolean().default(true),
  /** The command line that asks for the same; kept with the results. */
  command: z.string(),
});
export type RollOutOptions = z.output<typeof rollOutOptionsSchema>;
/** What callers write: whatever is left out has its default. */
export type RollOutInput = z.input<typeof rollOutOptionsSchema>;
/** What a process of its own is asked for. */
export const rolloutOrderSchema = rollOutOptionsSchema.extend({ task: z.string() });

export interface RollOutPorts {
  say(text: string): void;
}

export type RollOutResult =
  /** One a checkpoint. Rollouts that crashed are counted in them. */
  { kind: 'done'; summaries: RolloutSummary[] } | { kind: 'interrupted' };

/** @throws InputError before the first rollout where any of it cannot be done */
export async function rollOut(options: RollOutOptions, { say }: RollOutPorts): Promise<RollOutResult> {
  const subjects = options.checkpoints.map((text) => resolveSubject(text, userPath));
  // Every one is checked before the first is rolled out.
  const runs: RolloutRun[] = [];
  for (const subject of subjects) runs.push(await prepare(subject, options, subjects.length > 1, say));
  const folders = runs.map(({ settings }) => settings.out);
  if (new Set(folders).size < folders.length)
    throw new InputError(
      'eval rollout: two of --checkpoint have the same name; roll them out one by one, each with its --out',
    );
  const summaries: RolloutSummary[] = [];
  for (const run of runs) {
    const outcome: RunOutcome = await runRollouts(run);
    if (outcome.kind === 'interrupted') {
      say(
        `stopped with ${outcome.done} of ${outcome.total} rollouts done; the same command with --resume goes on`,
      );
      return { kind: 'interrupted' };
    }
    summaries.push(outcome.summary);
    say(summaryText(outcome.summary));
    if (options.report) await tryReport(run.settings.out, say);
  }
  return { kind: 'done', summaries };
}

/** The results stand without their page: what keeps it from being made is said, and no more. */
async function tryReport(folder: string, say: (text: string) => void): Promise<void> {
  try {
    const { path, note } = await writeReport(folder);
    say(`  report: ${path}${note ? `. ${note}` : ''}`);
  } catch (error) {
    say(`  no report: ${(error as Error).message}; try again with: brickyard eval report ${folder}`);
  }
}

async function prepare(
  subject: Subject,
  request: RollOutOptions,
  several: boolean,
  say: (text: string) => void,
): Promise<RolloutRun> {
  const { workers, resume, shuffled, hangS, backend, command } = request;
  const again = againWords(subject, request, userFolder());
  const machine: RolloutMachine = machineFacts();
  const common = { command, again, machine, workers, resume, shuffled, hangS, say };
  const settings = {
    subject,
    fps: ROLLOUT_DEFAULTS.fps as number,
    widthPx: 0,
    heightPx: 0,
    chunk: { actionSteps: 1 },
    throughCodec: request.throughCodec,
    backend,
  };
  const outFor = (suite: string): string => {
    const way = request.throughCodec ? '-through-codec' : '';
    const name = `${subject.label}-${suite.replaceAll(/[^A-Za-z0-9.-]+/g, '-')}${way}`.replaceAll(
      /^[.-]+|-+$/g,
      '',
    );
    if (request.out === undefined) return userPath(join(ROLLOUT_DEFAULTS.out, name));
    return several ? join(userPath(request.out), subject.label) : userPath(request.out);
  };
  if (request.throughCodec && subject.kind !== 'policy')
    throw new InputError(`--through-codec is for policies: ${subject.label} looks at no frame`);
  if (subject.kind === 'replay') {
    if (request.chosen || request.seed !== undefined)
      throw new InputError(
        `--checkpoint replay:… rolls out on the dataset's own starts: leave --suite, --scenarios and --seed out`,
      );
    const replay = await replaySet(subject.dataset, subject.label, request.episodes);
    const ofTask = taskSettings(await taskOfConditions(replay.set));
    return {
      ...common,
      settings: { ...settings, ...ofTask, fps: replay.fps, out: outFor('own-starts') },
      set: request.only ? onlyConditions(replay.set, request.only) : replay.set,
      replay: replay.actions,
      onnxSha256: null,
      details: {},
    };
  }
  const set = requestedConditions(request, userFolder());
  const task = await taskOfConditions(set);
  const ofTask = taskSettings(task);
  const out = outFor(set.name);
  if (subject.kind !== 'policy')
    return { ...common, settings: { ...settings, ...ofTask, out }, set, onnxSha256: null, details: {} };
  // Before golden frames are drawn, which takes seconds.
  const chunk = chunkOptions(await readContract(subject.folder), request, {
    label: subject.label,
    remedy: 'leave --action-steps out, or add --temporal-ensemble off',
  });
  const {
    policy,
    settings: fitting,
    pairs,
    frames,
    stack,
  } = await checkPolicy(
    subject.folder,
    backend === 'auto' && resume ? (recordedBackend(out) ?? backend) : backend,
    { throughCodec: request.throughCodec, task },
  );
  const { contract } = policy;
  say(
    `${subject.label}: ${pairs.pairs} golden pairs agree (largest difference ${pairs.worst.toPrecision(2)}), ` +
      (frames.skipped ??
        `${frames.frames} golden frames drawn again (${frames.equal} to the bit, worst block ${frames.worstBlock.toFixed(1)} of 255)`),
  );
  if (chunk.ensemble !== undefined)
    say(`${subject.label} is asked in every frame, its chunks averaged with coefficient ${chunk.ensemble}`);
  return {
    ...common,
    machine: { ...machine, rendering_stack: stack },
    // The backend that drew the golden frames: a browser that dies while it starts is then a crash, not a missing GL.
    settings: { ...settings, ...ofTask, ...fitting, chunk, out, backend: stack.backend },
    set,
    onnxSha256: contract.onnx.sha256,
    details: {
      training: contract.training,
      dataset: contract.dataset,
      golden_pairs: pairs,
      golden_frames: frames,
      rendering_stack: stack,
    },
  };
}

/** What a baseline is given of the state, and which task's episodes a worker makes. */
const taskSettings = ({ name, stateLayouts }: AnyTask) => ({
  state: Object.keys(stateLayouts)[0],
  ...(name === DEFAULT_TASK ? {} : { taskName: name }),
});
