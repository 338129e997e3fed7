/** Runs stages as processes of their own; what they say goes to a log beside what they make. */
import { createWriteStream, existsSync, mkdirSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { Disk } from '../runtime/disk.ts';
import type { Failure } from '../runtime/failure.ts';
import { coreTimes } from '../runtime/idle-cores.ts';
import { type ProcessEnd, type RunningProcess, startOwnProcess } from '../runtime/own-process.ts';
import { shellLine } from '../runtime/shell-line.ts';
import { chosenTask } from '../scenarios/use-task.ts';
import { checkpointNames } from '../trainer/launch/run-folder.ts';
import { CpuMeter } from './cpu-time.ts';
import { type Elsewhere, trainsElsewhere } from './elsewhere.ts';
import { LOOP_MARK } from './leftovers.ts';
import { broughtHome, remoteProgress, remoteRunOf } from './remote-runs.ts';
import { roundFolder } from './round-stages.ts';
import type { LoopContent, LoopMachine } from './settings.ts';
import { type CommandLineContext, stageWords, storedCommand } from './stage-command-line.ts';
import { dataFacts } from './stage-facts.ts';
import type { StageOrder } from './stage-work.ts';
import {
  type FactsOf,
  factsSchemas,
  type Spent,
  type StageConditions,
  type StageKind,
  type StageRequest,
  type StageResult,
  type StageRunner,
} from './stages.ts';

const ENTRY = join(import.meta.dirname, 'stage-entry.ts');
/** Below this much room a failure is taken for that of a full disk. */
const FULL_BELOW_BYTES = 32 * 2 ** 20;
const CACHE_FOLDER = 'cache';

type Facts = FactsOf<StageKind>;

export interface StageProcessesOptions {
  /** Of the loop, absolute, without links. */
  out: string;
  content: LoopContent;
  machine: LoopMachine;
  elsewhere: Elsewhere;
  /** Hears every line that a stage says. */
  onText(id: string, line: string): void;
  /** The file that does a stage; another one in tests. */
  entry?: string;
}

export class StageProcesses implements StageRunner {
  readonly #options: StageProcessesOptions;
  readonly #running = new Map<string, RunningProcess<Facts>>();

  constructor(options: StageProcessesOptions) {
    this.#options = options;
  }

  async run(request: StageRequest, how: StageConditions): Promise<StageResult> {
    const { out, machine, elsewhere } = this.#options;
    const nothing: Spent = { cpuS: null, idleS: null };
    // A merged dataset appears whole or not at all, and merging refuses a folder that is there.
    if (request.kind === 'merge' && existsSync(join(out, request.out)))
      return { kind: 'done', facts: await dataFacts(join(out, request.out)), ...nothing };
    const isRemote = request.kind === 'train' && trainsElsewhere(machine);
    const progress = isRemote ? remoteProgress(remoteRunOf(request, elsewhere)) : undefined;
    if (isRemote && progress === 'done')
      return { kind: 'done', facts: await broughtHome(request, this.#options), ...nothing };
    const resumable = isRemote ? progress === 'begun' : await this.#prepare(request);
    const { end, spent } = await this.#start(request, how, resumable);
    if (end.kind === 'failed') return { ...this.#failed(request, end.failure), ...spent };
    // The next training has other data: these frames would only fill the disk.
    if (request.kind === 'train' && !isRemote) await new Disk().remove(join(out, CACHE_FOLDER));
    return { kind: 'done', facts: end.result, ...spent };
  }

  interrupt(id?: string): void {
    for (const [each, stage] of this.#running)
      if (id === undefined || each === id) stage.interrupt('SIGTERM');
  }

  kill(): void {
    for (const stage of this.#running.values()) stage.kill();
  }

  #failed({ kind: stage }: StageRequest, { kind, message }: Failure) {
    if (kind === 'interrupted') return { kind: 'interrupted' } as const;
    if (stage === 'train' && kind === 'diverged') return { kind: 'unusable', message } as const;
    if (isDiskFull(this.#options.out))
      return { kind: 'failed', message: 'the disk is full; free some space', badInput: false } as const;
    // Too few of the starts that the failures led to could be solved: the round does without them.
    if (stage === 'corrections' && kind === 'negative') return { kind: 'unusable', message } as const;
    return { kind: 'failed', message, badInput: kind === 'bad-input' || kind === 'refused' } as const;
  }

  /** @returns whether a training has a checkpoint to go on from; what has none is begun anew */
  async #prepare(request: StageRequest): Promise<boolean> {
    if (request.kind !== 'train') return false;
    const run = join(this.#options.out, request.out);
    if (!existsSync(join(run, 'run.json'))) return false;
    if (checkpointNames(run).length > 0) return true;
    await new Disk().discard(run);
    return false;
  }

  /**
   * A training's decoded frames lie with the loop, and go when it has ended: ten rounds of them in the user's cache,
   * each with all the data before, would outgrow the datasets. What libraries download stays where it is.
   */
  #caches({ kind }: StageRequest): Record<string, string> {
    if (kind !== 'train' && kind !== 'measure') return {};
    const { XDG_CACHE_HOME, TORCH_HOME, HF_HOME } = process.env;
    const shared = XDG_CACHE_HOME || join(homedir(), '.cache');
    return {
      XDG_CACHE_HOME: join(this.#options.out, CACHE_FOLDER),
      TORCH_HOME: TORCH_HOME || join(shared, 'torch'),
      HF_HOME: HF_HOME || join(shared, 'huggingface'),
    };
  }

  async #start(
    request: StageRequest,
    { niceness, workers }: StageConditions,
    resumable: boolean,
  ): Promise<{ end: ProcessEnd<Facts>; spent: Spent }> {
    const { out, content, machine, elsewhere, onText, entry = ENTRY } = this.#options;
    const context: CommandLineContext = { out, content, machine, elsewhere, workers, resumable };
    const log = this.#openLog(request);
    log.write(`$ ${shellLine(['brickyard', ...stageWords(request, context)])}\n`);
    const onLine = (line: string): void => {
      log.write(`${line}\n`);
      onText(request.id, line);
    };
    const command = storedCommand(request, context);
    const order: StageOrder = {
      ...{ request, out, content, machine, elsewhere, workers, resumable, command, task: chosenTask() },
    };
    const isRemote = request.kind === 'train' && trainsElsewhere(machine);
    const stage = startOwnProcess<Facts>({
      module: entry,
      request: order,
      result: factsSchemas[request.kind] as z.ZodType<Facts>,
      niceness: niceness > 0 ? niceness : undefined,
      env: {
        [LOOP_MARK]: out,
        ...this.#caches(request),
        ...(isRemote ? { INIT_CWD: elsewhere.folder } : {}),
      },
      onText: onLine,
    });
    this.#running.set(request.id, stage);
    const meter = stage.pid === undefined ? undefined : new CpuMeter(stage.pid);
    const idleBefore = coreTimes().idle;
    try {
      const end = await stage.ended;
      const spent = { cpuS: meter?.end() ?? null, idleS: coreTimes().idle - idleBefore };
      if (end.kind === 'failed')
        for (const line of `brickyard: ${end.failure.message}`.split('\n')) onLine(line);
      return { end, spent };
    } finally {
      meter?.end();
      this.#running.delete(request.id);
      await new Promise<void>((resolve) => log.end(() => resolve()));
    }
  }

  #openLog({ round, id }: StageRequest): NodeJS.WritableStream {
    const folder = join(this.#options.out, roundFolder(round), 'logs');
    mkdirSync(folder, { recursive: true });
    const log = createWriteStream(join(folder, `${basename(id)}.log`), { flags: 'a' });
    log.on('error', () => {}); // a full disk shows where it matters
    return log;
  }
}

function isDiskFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < FULL_BELOW_BYTES;
}
