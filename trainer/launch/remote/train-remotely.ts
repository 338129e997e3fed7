/** `train --provider ssh|gcp|verda` and `train resume`: plan, preflight, run folder, supervisor, summary. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemFault } from '../../../runtime/errno.ts';
import type { Failure } from '../../../runtime/failure.ts';
import { INTERRUPTED_EXIT_CODE } from '../../../runtime/interrupt.ts';
import { userFolder, userPath } from '../../../runtime/user-path.ts';
import { InputError, NegativeResult } from '../../../sim/errors.ts';
import type { StartRollout } from '../checkpoint-rollouts.ts';
import { type EvaluationPlan, planEvaluation } from '../evaluation-plan.ts';
import { assertPreflight, preflightText, runPreflight } from '../preflight/run-checks.ts';
import { openStore } from '../storage/open-store.ts';
import { joinUrl, looksLikeStoreUrl } from '../storage/store-url.ts';
import { DiskJournal } from '../supervisor/journal.ts';
import type { OutcomeKind } from '../supervisor/plan.ts';
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../supervisor/system-clock.ts';
import { LiveStatus } from './live-status.ts';
import { localDataset } from './local-dataset.ts';
import { lastLines } from './log-text.ts';
import type { RemoteOptions } from './place-from-options.ts';
import { planChecks } from './plan-checks.ts';
import { planFromOptions } from './plan-from-options.ts';
import { CloudError, HostError, StoreError } from './ports.ts';
import { checkedRunId, makeRunId, runFolder, runsFolder } from './run-id.ts';
import { openMachines } from './run-machines.ts';
import { type RunPlan, readRunPlan, writeRunPlan } from './run-plan.ts';
import { Scrubber } from './scrub.ts';
import { readSecrets, type Secrets, secretsFile } from './secrets.ts';
import { type RemoteSettings, readRemoteSettings } from './settings-file.ts';
import { planOfStoredRun, storePlan } from './stored-plan.ts';
import { superviseRun } from './supervise-run.ts';
import { outputsFolder, outputsRun, supervisorPlan } from './supervisor-plan.ts';

export interface RemoteCommandOptions extends RemoteOptions {
  settings?: string;
  envFile?: string;
  runId?: string;
  /** Only say what stands in the way. */
  preflight?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** Everything that a command about remote runs has; secrets are read first, so that nothing is said with one in it. */
export interface RemoteContext {
  secrets: Secrets;
  scrubber: Scrubber;
  settings: RemoteSettings;
  runs: string;
  say(text: string): void;
}

/** Of the trainer's log, when a run has failed. */
const SHOWN_LINES = 12;

/** @throws what `action` throws, without secrets in it */
export async function withSecrets<T>(
  options: Pick<RemoteCommandOptions, 'settings' | 'envFile' | 'quiet'>,
  action: (context: RemoteContext) => Promise<T>,
): Promise<T> {
  const file = options.envFile === undefined ? secretsFile(userFolder()) : userPath(options.envFile);
  const secrets = readSecrets(file, process.env, options.envFile !== undefined);
  const scrubber = new Scrubber(secrets.values);
  const keyFile = secrets.get('GOOGLE_APPLICATION_CREDENTIALS');
  // Google's library looks there; a path, and no secret.
  if (keyFile) process.env.GOOGLE_APPLICATION_CREDENTIALS = userPath(keyFile);
  const say = (text: string): void =>
    void (options.quiet || process.stderr.write(`${scrubber.scrub(text)}\n`));
  try {
    const settingsFile = options.settings === undefined ? undefined : userPath(options.settings);
    const settings = readRemoteSettings(settingsFile, userFolder());
    return await action({ secrets, scrubber, settings, runs: runsFolder(), say });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const clean = scrubber.scrubError(error);
    // The world said no, and its message says what to do: that is nobody's bug.
    const isAnswer = [StoreError, CloudError, HostError].some((kind) => clean instanceof kind);
    if (!isAnswer) throw clean;
    // What this machine's system refuses is the user's to change, as in every other command.
    const Answer = systemFault(clean) === undefined ? NegativeResult : InputError;
    throw new Answer(clean.message, { cause: clean });
  }
}

export interface ResumePorts {
  /** For checkpoints that are rolled out here. */
  startRollout: StartRollout;
}

export interface RemotePorts extends ResumePorts {
  /** The command line that asks for the same; kept with the run. */
  command: string;
}

/** @returns how the run ended; nothing where only the preflight was asked for */
export async function trainRemotely(
  options: RemoteCommandOptions,
  ports: RemotePorts,
): Promise<RemoteSummary | undefined> {
  return withSecrets(options, async (context) => {
    const { runs, settings } = context;
    const now = new Date(SYSTEM_CLOCK.nowMs());
    const runId =
      options.runId === undefined ? makeRunId(now, () => SYSTEM_RANDOM.next()) : checkedRunId(options.runId);
    const plan = planFromOptions(options, settings, {
      runId,
      madeAt: now.toISOString(),
      command: context.scrubber.scrub(ports.command),
      cwd: userFolder(),
      home: homedir(),
    });
    const folder = join(runs, runId);
    if (existsSync(folder))
      throw new InputError(
        `${folder} is there already: \`brickyard train resume ${runId}\` goes on with it, or give another --run-id`,
      );
    const evaluation = evaluationOf(plan, undefined);
    await preflight(plan, folder, context, false);
    if (options.preflight) return undefined;
    writeRunPlan(folder, plan);
    try {
      return await superviseToTheEnd({ ...{ plan, folder, context, evaluation, options }, ...ports });
    } finally {
      removeEmptyRun(folder);
    }
  });
}

/** The line of `--json`. */
export interface RemoteSummary {
  run: string;
  folder: string;
  outcome: OutcomeKind;
  reason: string;
  /** What the trainer said of its end, where it failed. */
  failure: Failure | null;
  clean_up: 'done' | 'left';
  /** Machines that may still cost money. */
  left: readonly string[];
  step: number | null;
  checkpoint: number | null;
  cost_usd: number | null;
  hours: number | null;
  outputs: string | null;
  faults: string[];
}

/** What may change from one command to the next of the same run. */
export interface ResumeOptions extends Pick<RemoteCommandOptions, 'settings' | 'envFile' | 'json' | 'quiet'> {
  maxHours?: number;
  maxCost?: number;
  /** verda: an OS volume, or `auto`. */
  volume?: string;
  /** Ends it in order. */
  stopNow?: boolean;
}

/** @param text id, folder, or gs://…/ID and hf://…/ID of a run that another machine began */
export async function resumeRemotely(
  text: string,
  options: ResumeOptions,
  { startRollout }: ResumePorts,
): Promise<RemoteSummary> {
  return withSecrets(options, async (context) => {
    const { runs, secrets } = context;
    let folder: string;
    let before: RunPlan;
    if (looksLikeStoreUrl(text)) {
      before = await planOfStoredRun(text, secrets.get('HF_TOKEN'));
      folder = join(runs, before.runId);
      if (!existsSync(folder)) writeRunPlan(folder, before);
    } else {
      folder = runFolder(text, runs, userFolder());
      before = readRunPlan(folder);
    }
    const plan = resumedPlan(before, options);
    const evaluation = evaluationOf(plan, outputsRun(folder));
    if (!options.stopNow) await preflight(plan, folder, context, true);
    const { maxHours, maxCost, volume, stopNow } = options;
    const changes = [maxHours, maxCost, volume].some((value) => value !== undefined);
    const asked = { plan, folder, context, evaluation, options, startRollout };
    return superviseToTheEnd({ ...asked, stopNow, changes });
  });
}

function resumedPlan(plan: RunPlan, { maxHours, maxCost, volume }: ResumeOptions): RunPlan {
  const limits = {
    ...plan.limits,
    maxHours: maxHours ?? plan.limits.maxHours,
    maxCostUsd: maxCost ?? plan.limits.maxCostUsd,
  };
  if (volume === undefined) return { ...plan, limits };
  if (plan.place.name !== 'verda')
    throw new InputError(
      `--volume is for --provider verda; run ${plan.runId} trains on ${plan.place.name} and goes on from its storage`,
    );
  return { ...plan, limits, place: { ...plan.place, volume } };
}

function evaluationOf(plan: RunPlan, run: string | undefined): EvaluationPlan | undefined {
  const { suite, every } = plan.evaluation;
  const resume = run !== undefined && existsSync(run) ? run : undefined;
  if (suite === null) return undefined;
  return planEvaluation({ suite, every: `${every}`, resume, overrides: plan.overrides });
}

/** @throws InputError with all that stands in the way */
async function preflight(
  plan: RunPlan,
  folder: string,
  { secrets, say }: RemoteContext,
  resumes: boolean,
): Promise<void> {
  const checks = planChecks({ plan, folder, secrets, resumes });
  const report = await runPreflight(checks, { nowMs: () => SYSTEM_CLOCK.nowMs() });
  say(preflightText(report));
  assertPreflight(report);
}

interface SuperviseToTheEnd {
  plan: RunPlan;
  folder: string;
  context: RemoteContext;
  evaluation: EvaluationPlan | undefined;
  options: Pick<RemoteCommandOptions, 'quiet'>;
  startRollout: StartRollout;
  stopNow?: boolean;
  /** The plan is not what it was. */
  changes?: boolean;
}

async function superviseToTheEnd(asked: SuperviseToTheEnd): Promise<RemoteSummary> {
  const { plan, folder, context, evaluation, options, startRollout, stopNow } = asked;
  const { secrets, scrubber, say } = context;
  const live = new LiveStatus(process.stderr, options.quiet ?? false, (text) => scrubber.scrub(text));
  const note = (line: string): void => live.note(line);
  const machines = await openMachines({ plan, folder, secrets, clock: SYSTEM_CLOCK, say: note });
  const supervised = supervisorPlan(plan, folder, machines);
  const journal = openJournal(folder, supervised, asked);
  writeRunPlan(folder, plan); // not before the lock: somebody else may look after it
  await storePlan(openStore(joinUrl(plan.out, plan.runId), { hubToken: secrets.get('HF_TOKEN') }), plan);
  say(`run ${plan.runId}: ${folder}`);
  const result = await superviseRun({
    ...{ plan, folder, secrets, scrubber, machines, journal, live, stopNow },
    evaluation: evaluation && { plan: evaluation, startRollout },
    dataset: () => localDataset(plan.dataset, secrets.get('HF_TOKEN'), note),
  });
  const { outcome, left, status, faults } = result;
  const run = outputsRun(folder);
  if (outcome.kind === 'failed') say(endOfLog(folder));
  say(`${outcome.kind}: ${outcome.reason}`);
  for (const machine of left)
    say(`NOT cleaned up: ${machine} may still cost money; \`brickyard train cleanup\` tries again`);
  if (existsSync(run)) say(`outputs: ${run}`);
  return {
    run: plan.runId,
    folder,
    outcome: outcome.kind,
    reason: outcome.reason,
    failure: outcome.failure ?? null,
    clean_up: left.length === 0 ? 'done' : 'left',
    left,
    step: status?.step ?? null,
    checkpoint: status?.newestCheckpoint ?? null,
    cost_usd: status?.spentUsd ?? null,
    hours: status?.hours ?? null,
    outputs: existsSync(run) ? run : null,
    faults: faults.map((fault) => scrubber.scrub(fault)),
  };
}

/**
 * Prints the line of `--json` and sets the exit code.
 * @throws NegativeResult with what could not be fetched, exported or rolled out
 */
export function reportRemoteRun(summary: RemoteSummary, json: boolean | undefined): void {
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  const { outcome, left, faults } = summary;
  if (outcome === 'interrupted') process.exitCode = INTERRUPTED_EXIT_CODE;
  else if (outcome !== 'succeeded' || left.length > 0) process.exitCode = 1;
  else if (faults.length > 0)
    throw new NegativeResult(`the training is done and kept, but ${faults.join('\n')}`);
}

/** Goes on with what the journal says; a run that had ended gets new limits. */
function openJournal(
  folder: string,
  supervised: ReturnType<typeof supervisorPlan>,
  { stopNow, changes, plan }: SuperviseToTheEnd,
): DiskJournal {
  const nowMs = SYSTEM_CLOCK.nowMs();
  if (!existsSync(join(folder, 'supervisor', 'journal.jsonl')))
    return DiskJournal.begin(folder, supervised, nowMs);
  const journal = DiskJournal.reopen(folder);
  const hasEnded =
    journal.lines.findLast(({ type }) => type === 'cleaned' || type === 'reopened')?.type === 'cleaned';
  if (hasEnded && !stopNow) journal.goOn(supervised, nowMs);
  else if (changes) {
    journal.close();
    throw new InputError(
      `run ${plan.runId} has not ended, and what it may cost and where it trains stay until then: \`brickyard train stop ${plan.runId}\`, then resume`,
    );
  }
  return journal;
}

/** What the trainer said last, where it was brought home. */
function endOfLog(folder: string): string {
  const path = join(outputsFolder(folder), 'train.log');
  return existsSync(path) ? lastLines(readFileSync(path, 'utf8'), SHOWN_LINES).trimEnd() : '';
}

/** One in which nothing was begun, so that its id can be given again. */
function removeEmptyRun(folder: string): void {
  if (!existsSync(join(folder, 'supervisor'))) rmSync(folder, { recursive: true, force: true });
}
