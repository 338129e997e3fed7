/** A whole run: plan in, dataset out; stopped at any moment, it goes on from its journal. */
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import type { EpisodeRecord } from '../dataset/episode-record.ts';
import type { RunProvenance } from '../dataset/metadata.ts';
import { StagingArea, workFolder } from '../dataset/staging.ts';
import { taskSpec } from '../dataset/task-spec.ts';
import { DatasetWriter } from '../dataset/writer.ts';
import { BackendAgreement } from '../render/backend-agreement.ts';
import { Disk } from '../runtime/disk.ts';
import { resumableSentence } from '../runtime/errno.ts';
import { listenForInterrupts } from '../runtime/interrupt.ts';
import { ProgressPrinter } from '../runtime/progress.ts';
import { takeRunLock } from '../runtime/run-lock.ts';
import type { PoolData } from '../runtime/worker-channel.ts';
import { InputError } from '../sim/errors.ts';
import { describeTask } from '../sim/tasks/load-task.ts';
import { dispatchJobs } from './dispatch.ts';
import { assertStackKnown, Journal, jobsWithGaps } from './journal.ts';
import { keptRecord } from './kept-record.ts';
import type { WorkerSettings } from './messages.ts';
import { modesOf } from './modes/kind.ts';
import { openEpisodePool } from './pool.ts';
import type { RunPlan } from './prepare.ts';
import { runProvenance } from './provenance.ts';
import { isBegun, writeRunRecord } from './run-folder.ts';
import { RunProgress } from './run-progress.ts';
import type { BackendChoice } from './settings.ts';
import { ShardKeeper } from './shard-keeper.ts';
import { type GenSummary, genSummary } from './summary.ts';

export interface RunOptions {
  workers: number;
  backend: BackendChoice;
  /** Replay every episode instead of one in twenty. */
  verifyAll: boolean;
  quiet: boolean;
}

export type RunResult =
  | { kind: 'done'; summary: GenSummary }
  | { kind: 'interrupted'; kept: number; total: number };

/** Begins the run in its folder or goes on with it. */
export async function runGeneration(plan: RunPlan, options: RunOptions): Promise<RunResult> {
  const { out } = plan;
  const existed = existsSync(out);
  const release = takeRunLock(workFolder(out), out);
  const begun = isBegun(out);
  try {
    await new Disk().removeLeftovers(out);
    if (!begun) await writeRunRecord(out, plan.record, new Disk());
    return await new GenerationRun(plan, options).run();
  } catch (error) {
    // A run that failed before its first episode leaves no trace.
    if (!begun && Journal.read(workFolder(out)).kept.size === 0) {
      // Moved first: nobody can take a lock in what is being removed.
      if (existsSync(workFolder(out))) await new Disk().discard(workFolder(out)).catch(() => {});
      if (!existed && readdirSync(out).length === 0) rmdirSync(out);
    }
    throw error;
  } finally {
    release();
  }
}

class GenerationRun {
  readonly #plan: RunPlan;
  readonly #options: RunOptions;
  readonly #staging: StagingArea;
  readonly #journal: Journal;
  readonly #printer: ProgressPrinter;
  #stateNames: readonly string[] = [];
  /** Frames made by this process. */
  #framesNow = 0;

  constructor(plan: RunPlan, options: RunOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#staging = new StagingArea(plan.out);
    this.#journal = Journal.open(workFolder(plan.out));
    this.#printer = new ProgressPrinter(process.stderr, options.quiet);
  }

  async run(): Promise<RunResult> {
    assertStackKnown(workFolder(this.#plan.out), this.#journal.state);
    const writer = await this.#openWriter();
    await this.#staging.open();
    await this.#forgetDamaged(writer);
    const kept = this.#journal.state.kept;
    const keeper = new ShardKeeper({
      writer,
      staging: this.#staging,
      fps: this.#plan.record.content.fps,
      total: this.#plan.jobs.length,
      framesOf: (index) => kept.get(index)?.frames,
      load: (index) => this.#loadStaged(index),
    });
    try {
      await this.#generate(keeper);
      if (kept.size < this.#plan.jobs.length)
        return { kind: 'interrupted', kept: kept.size, total: this.#plan.jobs.length };
      await keeper.settle();
      const run = runProvenance(this.#plan, this.#journal.state);
      return { kind: 'done', summary: this.#summary(run, await writer.publish({ run })) };
    } catch (error) {
      const refused = resumableSentence(error, `the dataset in ${this.#plan.out} cannot be completed`);
      if (refused === undefined || kept.size === 0) throw error;
      throw new InputError(refused, { cause: error });
    } finally {
      this.#printer.end();
      await keeper.settle().catch(() => {});
      this.#journal.close();
    }
  }

  async #openWriter(): Promise<DatasetWriter> {
    const { out, record } = this.#plan;
    const { state, taskName } = record.content;
    const spec = taskSpec(await describeTask(taskName), state, record.content);
    this.#stateNames = spec.stateNames;
    return DatasetWriter.open({ out, spec, append: record.append !== undefined });
  }

  /** What the journal no longer says in full, or says is staged but cannot be read, is made again. */
  async #forgetDamaged(writer: DatasetWriter): Promise<void> {
    const { kept, nextAttempt } = this.#journal.state;
    if (this.#journal.damaged > 0)
      this.#printer.note(
        `${this.#journal.damaged} lines of the journal were damaged; what they said is made again`,
      );
    for (const { index } of jobsWithGaps(this.#journal.state, this.#plan.jobs)) {
      kept.delete(index);
      nextAttempt.delete(index);
    }
    for (const index of [...kept.keys()]) {
      if (index < writer.writtenEpisodes) continue;
      try {
        await this.#readKept(index);
      } catch {
        kept.delete(index);
        nextAttempt.delete(index);
        this.#printer.note(
          `staged episode ${index} is damaged, gone or of another episode; it is made again`,
        );
      }
    }
  }

  async #readKept(index: number): Promise<EpisodeRecord> {
    const bytes = await this.#staging.readStaged(index);
    const run = { run: this.#plan.record, stateNames: this.#stateNames };
    return keptRecord(bytes, this.#plan.jobs[index], this.#journal.state.kept.get(index)!, run);
  }

  async #loadStaged(index: number): Promise<EpisodeRecord> {
    try {
      return await this.#readKept(index);
    } catch (error) {
      throw new InputError(
        `staged episode ${index} in ${this.#staging.folder} was changed while the run used it (${(error as Error).message}); run again with --resume`,
      );
    }
  }

  /** Makes what is missing. Ends early on an interrupt. */
  async #generate(keeper: ShardKeeper): Promise<void> {
    const { jobs } = this.#plan;
    const { kept } = this.#journal.state;
    keeper.advance();
    const missing = jobs.filter((job) => !kept.has(job.index));
    if (missing.length === 0) return;
    const workers = Math.min(this.#options.workers, missing.length);
    const progress = new RunProgress({
      plan: this.#plan,
      printer: this.#printer,
      workers,
      keptBefore: [...kept.values()].map((episode) => episode.scenario),
      now: () => process.uptime(),
    });
    const pool = openEpisodePool(this.#workerSettings(), workers);
    pool.onRejected = (note) => this.#printer.note(note);
    const interrupt = listenForInterrupts({
      onFirst: () =>
        this.#printer.note('stopping: episodes in flight are being finished; again to stop at once'),
      onSecond: () => pool.killBrowsers(),
    });
    try {
      await dispatchJobs({
        jobs: missing,
        journal: this.#journal,
        pool,
        verifyAll: this.#options.verifyAll,
        stop: interrupt.stop,
        onKept: async (reply) => {
          this.#framesNow += reply.kept?.frames ?? 0;
          progress.add(reply);
          keeper.advance();
        },
        onCrash: (job, message) => this.#printer.note(`episode ${job.index} is drawn again: ${message}`),
      });
    } finally {
      interrupt.release();
      await pool.close();
    }
  }

  #workerSettings(): Omit<WorkerSettings, keyof PoolData> {
    const { out, record } = this.#plan;
    const { seed, fps, state, taskName, widthPx, heightPx } = record.content;
    const scenarios = Object.fromEntries(
      record.shares.map(({ name, scenario, hash }) => [name, { scenario, hash }]),
    );
    const modes = modesOf(record.content);
    // A run is drawn by one backend: the one that began it, whoever was quick or slow today.
    const { backend: asked } = this.#options;
    const backend = asked === 'auto' ? (this.#journal.state.stack?.backend ?? asked) : asked;
    const { shared: agreement } = new BackendAgreement();
    const content = {
      seed,
      fps,
      state,
      taskName,
      modes,
      dagger: record.dagger,
      widthPx,
      heightPx,
      scenarios,
    };
    return { out, ...content, backend, agreement };
  }

  #summary(run: RunProvenance, published: { fingerprint: string; bytes: number }): GenSummary {
    return genSummary({
      run,
      state: this.#journal.state,
      framesNow: this.#framesNow,
      wallS: process.uptime(),
      dataset: this.#plan.out,
      ...published,
    });
  }
}
