/** `gen` as functions: what is asked for as text becomes a request, and a request becomes a dataset. */
import { availableParallelism } from 'node:os';
import { userPath } from '../runtime/user-path.ts';
import { resolveSelection } from '../scenarios/registry.ts';
import type { AnyTask } from '../sim/engine/task.ts';
import { InputError } from '../sim/errors.ts';
import { describeTask } from '../sim/tasks/load-task.ts';
import type { DaggerRequest } from './modes/dagger-options.ts';
import type { DaggerRecord } from './modes/dagger-record.ts';
import type { DatasetOrigin } from './origin.ts';
import { type Prepared, prepareRun, selectedShares } from './prepare.ts';
import { runGeneration } from './run.ts';
import {
  type BackendChoice,
  type ContentSettings,
  GEN_DEFAULTS,
  parseGenOptions,
  type RawGenOptions,
} from './settings.ts';
import { type GenSummary, summaryText } from './summary.ts';

export interface GeneratePorts {
  say(text: string): void;
}

/** What the episodes are to be, checked. */
export interface GenRequest {
  settings: ContentSettings & { workers: number; backend: BackendChoice };
  /** As typed: what was left out takes the value that a resumed run began with. */
  given: RawGenOptions;
  /** In --mode dagger. */
  dagger?: DaggerRecord;
}

export interface GenerateOptions {
  request: GenRequest;
  /** As typed, or absolute. */
  out: string;
  append: boolean;
  /** Continues the run in `out`; begins one where there is no run. */
  resume: boolean;
  /** Replays every episode instead of one in twenty. */
  verify: boolean;
  /** No progress on stderr. */
  quiet: boolean;
  /** The command line that asks for the same; kept with the dataset. */
  command: string;
}

export const GENERATE_DEFAULTS = { append: false, resume: false, verify: false, quiet: false } as const;

/** Of a run that had nothing left to do. */
type CompleteSummary = ReturnType<typeof completeSummary>;

export type GenerateResult =
  | { kind: 'done'; summary: GenSummary | CompleteSummary }
  | { kind: 'interrupted'; kept: number; total: number };

/**
 * @param raw as commander hands them over
 * @throws InputError that names every fault
 */
export async function genRequest(
  raw: RawGenOptions & { noiseFrom?: string; dryRun?: boolean },
  { say }: GeneratePorts,
): Promise<GenRequest> {
  const cwd = userPath('.');
  const given = raw.noiseFrom === undefined ? raw : await withMeasuredNoise(raw, raw.noiseFrom, say);
  const task = await describeTask(taskNameOf(given.scenarios ?? GEN_DEFAULTS.scenarios, cwd));
  const { dagger: asked, ...settings } = parseGenOptions(given, {
    cores: availableParallelism(),
    scenarioCount: (spec) => resolveSelection(spec, cwd).length,
    task,
  });
  if (!asked) return { settings, given };
  if (raw.dryRun)
    throw new InputError(
      '--dry-run cannot tell how long a student drives: leave it out, or measure with a few --episodes of --mode dagger',
    );
  const dagger = await studentOf(asked, { ...settings, task }, given, cwd, say);
  return { settings: { ...settings, fps: dagger.student.fps }, given, dagger };
}

/** @throws InputError before anything is touched where the folder and the request do not fit */
export async function generateDataset(
  options: GenerateOptions,
  { say }: GeneratePorts,
): Promise<GenerateResult> {
  const { request, out, verify, quiet } = options;
  const prepared = await prepare(options);
  if (prepared.kind === 'complete') {
    say(`${out} is complete: ${prepared.origin.episodes} episodes; nothing to do`);
    return { kind: 'done', summary: completeSummary(prepared.origin, userPath(out)) };
  }
  const { workers, backend } = request.settings;
  const result = await runGeneration(prepared.run, { workers, backend, verifyAll: verify, quiet });
  if (result.kind === 'interrupted')
    say(
      `stopped with ${result.kept} of ${result.total} episodes kept; the same command with --resume goes on`,
    );
  else say(summaryText(result.summary));
  return result;
}

/** What it would make, how long it would take and how large it would get; a few episodes are made and thrown away. */
export async function measureGeneration(options: GenerateOptions, { say }: GeneratePorts): Promise<object> {
  const prepared = await prepare(options);
  if (prepared.kind === 'complete') {
    say(`${options.out} is complete: ${prepared.origin.episodes} episodes; nothing to do`);
    return completeSummary(prepared.origin, userPath(options.out));
  }
  const { workers, backend } = options.request.settings;
  const { dryRun } = await import('./dry-run.ts'); // brings the browser's library, which a run leaves to its workers
  return dryRun(prepared.run, { workers, backend, say });
}

function prepare({ request, out, append, resume, command }: GenerateOptions): Promise<Prepared> {
  const { settings: parsed, given, dagger } = request;
  const place = { cwd: userPath('.'), out: userPath(out) };
  return prepareRun({ parsed, given, dagger, ...place, append, resume, command });
}

/** Of the scenarios that are asked for. What is wrong with them is said once the other options have been looked at. */
function taskNameOf(scenarios: string, cwd: string): string | undefined {
  try {
    return resolveSelection(scenarios, cwd)[0].scenario.task_name;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The options with the amplitude that a policy's rollouts give. */
async function withMeasuredNoise<T extends RawGenOptions>(
  options: T,
  noiseFrom: string,
  say: (text: string) => void,
): Promise<T> {
  if (options.noiseAmplitude !== undefined)
    throw new InputError('--noise-from and --noise-amplitude exclude each other: give one of them');
  const { measureNoise } = await import('./noise-from.ts'); // reads rollouts, which no other run does
  const { rollouts, frames, rms, amplitude } = await measureNoise(userPath(noiseFrom));
  say(
    `the policy differs from the expert by ${rms.join(', ')} (root mean square over ${frames} frames of ${rollouts} rollouts): --noise-amplitude ${amplitude.join(',')}`,
  );
  return { ...options, noiseAmplitude: amplitude.join(',') };
}

/** Looks at policy and report before anything else, and says what they are. */
async function studentOf(
  request: DaggerRequest,
  { scenarios, backend, fps, task }: GenRequest['settings'] & { task: AnyTask },
  given: RawGenOptions,
  cwd: string,
  say: (text: string) => void,
): Promise<DaggerRecord> {
  const { prepareDagger } = await import('./modes/dagger-prepare.ts'); // brings ONNX Runtime
  const shares = selectedShares(scenarios, cwd);
  const { record, notes } = await prepareDagger(request, shares, { resolvePath: userPath, backend, task });
  const { student } = record;
  if (given.fps !== undefined && fps !== student.fps)
    throw new InputError(
      `--fps is ${fps}, but ${student.label} drives at ${student.fps}: leave --fps out, or train at ${fps}`,
    );
  say(
    student.ensemble === undefined
      ? `${student.label} drives, ${student.actionSteps} actions a chunk, the expert ${record.beta} of the chunks`
      : `${student.label} drives, its chunks averaged with coefficient ${student.ensemble}, the expert ${record.beta} of the frames`,
  );
  for (const note of notes) say(note);
  return record;
}

/** The summary of a run that had nothing left to do. */
function completeSummary({ lastRun, episodes, frames, fingerprint }: DatasetOrigin, dataset: string) {
  const { attempts, rejects, rendering_stack } = lastRun;
  const backend = rendering_stack.backend;
  return {
    episodes,
    frames,
    attempts,
    rejects,
    wall_s: 0,
    frames_per_s: 0,
    stages: {},
    backend,
    dataset,
    fingerprint,
  };
}
