/** From what the user asked and what stands in --out to what is to be done, before anything is touched. */

import { codeVersion } from '../runtime/code-version.ts';
import { Disk } from '../runtime/disk.ts';
import { packageVersion } from '../runtime/package-version.ts';
import { type Job, planEpisodes } from '../scenarios/plan.ts';
import { resolveSelection, scenarioHash } from '../scenarios/registry.ts';
import { DEFAULT_TASK } from '../sim/engine/task-registry.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import { completeMoves } from './complete-moves.ts';
import {
  type DaggerProvenance,
  type DaggerRecord,
  daggerDifferences,
  daggerProvenance,
  daggerShares,
} from './modes/dagger-record.ts';
import { modesOf } from './modes/kind.ts';
import { type DatasetOrigin, readOrigin } from './origin.ts';
import { contentDifferences, inspectFolder, type RunRecord } from './run-folder.ts';
import type { ContentSettings, RawGenOptions } from './settings.ts';

export interface RunPlan {
  out: string;
  record: RunRecord;
  jobs: Job[];
  /** Episodes a scenario. */
  counts(): Record<string, number>;
}

export type Prepared = { kind: 'run'; run: RunPlan } | { kind: 'complete'; origin: DatasetOrigin };

export interface PrepareOptions {
  parsed: ContentSettings;
  /** The options as typed: what was left out takes the value that a resumed run began with. */
  given: RawGenOptions;
  cwd: string;
  out: string;
  append: boolean;
  resume: boolean;
  command: string;
  /** In --mode dagger. */
  dagger?: DaggerRecord;
}

/** Throws InputError, one sentence or one line a fault, when the folder and the request do not fit. */
export async function prepareRun(options: PrepareOptions): Promise<Prepared> {
  const { out, append, resume } = options;
  let state = inspectFolder(out);
  if (state.kind === 'unfinished' && (append || resume)) {
    // All that is missing of such a run are some renames, whichever version began it.
    const began = state.record;
    if (resume) assertSameContent(began.content, options);
    if (await completeMoves(out)) {
      state = inspectFolder(out);
      const origin = !resume && began.append && isSameRequest(began, options) && (await readOrigin(out));
      if (origin) return { kind: 'complete', origin };
    }
  }
  if (state.kind === 'unfinished') {
    if (!resume)
      throw new InputError(
        `--out ${out} holds an unfinished run: add --resume to go on with it, or name another folder`,
      );
    return plan(out, resumedRecord(state.record, options));
  }
  if (state.kind === 'empty') {
    if (append)
      throw new InputError(`--append: there is no dataset in ${out} yet; leave --append out to begin one`);
    return plan(out, newRecord(options));
  }
  const origin = await readOrigin(out);
  if (!origin)
    throw new InputError(`--out ${out} holds a dataset that brickyard did not make; name another folder`);
  if (resume) {
    assertSameContent(origin.lastRun.settings as unknown as ContentSettings, options);
    if (options.dagger) assertSameStudent(origin, options.dagger, options);
    await new Disk().removeLeftovers(out); // of a run that was killed after its last step
    return { kind: 'complete', origin };
  }
  if (!append)
    throw new InputError(
      `--out ${out} already holds a dataset of ${origin.episodes} episodes: add --append to enlarge it, or name another folder`,
    );
  const firstSlots = await origin.slotsUsed(options.parsed.seed);
  return plan(out, { ...newRecord(options), append: { episodes: origin.episodes, firstSlots } });
}

/** Whether a run that began with `record` is what is asked for now. */
const isSameRequest = ({ content }: RunRecord, { parsed }: PrepareOptions): boolean =>
  contentDifferences({ ...content, ...modesOf(content) }, { ...parsed, ...modesOf(parsed) }).length === 0;

function plan(out: string, record: RunRecord): Prepared {
  const jobs = planEpisodes({
    shares: record.shares,
    episodes: record.content.episodes,
    firstSlots: record.append?.firstSlots,
  });
  const counts = (): Record<string, number> =>
    Object.fromEntries(
      record.shares.map(({ name }) => [name, jobs.filter((job) => job.scenario === name).length]),
    );
  return { kind: 'run', run: { out, record, jobs, counts } };
}

function newRecord({ parsed, cwd, command, dagger }: PrepareOptions): RunRecord {
  const { scenarios, episodes, seed, widthPx, heightPx, fps, state, taskName } = parsed;
  const drawn = { scenarios, episodes, seed, widthPx, heightPx, fps, state, ...(taskName && { taskName }) };
  return {
    format: 1,
    command,
    content: { ...drawn, ...modesOf(parsed) },
    shares: dagger ? daggerShares(selectedShares(scenarios, cwd), dagger) : selectedShares(scenarios, cwd),
    ...(dagger ? { dagger } : {}),
    packageVersion: packageVersion(),
    codeVersion: codeVersion('gen'),
  };
}

/** The scenarios of a selection with their weights. */
export function selectedShares(spec: string, cwd: string): RunRecord['shares'] {
  return resolveSelection(spec, cwd).map(({ scenario, weight }) => ({
    name: scenario.name,
    weight,
    hash: scenarioHash(scenario),
    scenario,
  }));
}

/** The run as it began, when nothing that the user says now contradicts it. */
function resumedRecord(record: RunRecord, options: PrepareOptions): RunRecord {
  assertSameContent(record.content, options);
  const faults: string[] = [];
  if (options.given.scenarios !== undefined) {
    const now = new Map(
      selectedShares(options.given.scenarios, options.cwd).map((share) => [share.name, share.hash]),
    );
    for (const { name, hash } of record.shares)
      if (now.get(name) !== hash) faults.push(`scenario ${name} was edited since the run began`);
  }
  if (options.dagger) faults.push(...daggerDifferences(record.dagger, options.dagger));
  const code = codeVersion('gen');
  if (record.codeVersion !== code)
    faults.push(
      `the run began with code ${record.codeVersion} (brickyard ${record.packageVersion}), this is ${code}`,
    );
  throwFaults(
    `--resume in ${options.out}`,
    faults.map((fault) => `${fault}; finish it as it began, or start anew in another --out`),
  );
  return record;
}

function assertSameContent(began: ContentSettings, { parsed, given, out }: PrepareOptions): void {
  const [task, now] = [began.taskName ?? DEFAULT_TASK, parsed.taskName ?? DEFAULT_TASK];
  if (task !== now)
    throw new InputError(
      `--resume in ${out}: the run is of the task ${task}, not of ${now}; give --task ${task}, or the folder of that task`,
    );
  const sizeGiven = given.size !== undefined;
  const said: Partial<ContentSettings> = {
    scenarios: given.scenarios,
    episodes: given.episodes !== undefined || given.perScenario !== undefined ? parsed.episodes : undefined,
    seed: given.seed !== undefined ? parsed.seed : undefined,
    widthPx: sizeGiven ? parsed.widthPx : undefined,
    heightPx: sizeGiven ? parsed.heightPx : undefined,
    fps: given.fps !== undefined ? parsed.fps : undefined,
    state: given.state !== undefined ? parsed.state : undefined,
    mode: given.mode !== undefined ? parsed.mode : undefined,
    recoveryShare: given.recoveryShare !== undefined ? parsed.recoveryShare : undefined,
    noiseShare: given.noiseShare !== undefined ? parsed.noiseShare : undefined,
    noiseAmplitude: given.noiseAmplitude !== undefined ? parsed.noiseAmplitude : undefined,
    noiseLevel: given.noiseLevel !== undefined ? parsed.noiseLevel : undefined,
  };
  throwFaults(
    `--resume in ${out}`,
    contentDifferences({ ...began, ...modesOf(began) }, said).map(
      (text) => `${text}; leave the option out, or start anew in another --out`,
    ),
  );
}

function assertSameStudent(
  { lastRun }: DatasetOrigin,
  dagger: DaggerRecord,
  { parsed, out }: PrepareOptions,
): void {
  const told = (provenance: DaggerProvenance | undefined): string =>
    JSON.stringify([provenance?.student, provenance?.beta, provenance?.aim?.report.sha256]);
  const made = lastRun.settings.dagger as DaggerProvenance | undefined;
  if (told(made) === told(daggerProvenance(dagger, parsed.taskName))) return;
  throw new InputError(
    `--resume in ${out}: it is complete, with another policy, --beta or report than those given now; name another --out`,
  );
}
