/** What becomes of a run here while it trains elsewhere: checkpoints come home, are exported, and rolled out. */
import { join } from 'node:path';
import { InputError } from '../../../sim/errors.ts';
import { CheckpointRollouts } from '../checkpoint-rollouts.ts';
import type { Evaluation } from '../evaluated-training.ts';
import { EXPORT_DEFAULTS, exportPolicy } from '../export-policy.ts';
import { localProvider } from '../local.ts';
import { CheckpointArrivals } from './checkpoint-arrivals.ts';
import type { Exported } from './host-job.ts';
import type { PublishedCheckpoint } from './ports.ts';
import { outputsRun } from './supervisor-plan.ts';

export interface RunOutputsOptions {
  /** Of the run, absolute. */
  folder: string;
  store: ConstructorParameters<typeof CheckpointArrivals>[0]['store'];
  command: string;
  exported: Exported;
  /** A folder here with the dataset that is trained on, brought here if need be. */
  dataset(): Promise<string>;
  /** Nothing where no rollouts are wanted. */
  evaluation: Evaluation | undefined;
  say(line: string): void;
}

export class RunOutputs {
  readonly #options: RunOutputsOptions;
  readonly #arrivals: CheckpointArrivals;
  #rollouts: CheckpointRollouts | undefined;
  #last: string | undefined;
  /** Why nothing is exported here, said once. */
  #cannotExport: string | undefined;
  #isStopped = false;

  constructor(options: RunOutputsOptions) {
    this.#options = options;
    const { folder, store, say } = options;
    this.#arrivals = new CheckpointArrivals({
      store,
      run: outputsRun(folder),
      temporary: join(folder, 'arriving'),
      exportPolicy: options.exported === 'all' ? this.#export : undefined,
      onPolicy: (name) => this.#onPolicy(name),
      say,
    });
  }

  onCheckpoint(checkpoint: PublishedCheckpoint): void {
    this.#arrivals.arrived(checkpoint);
  }

  /** Waits for what has arrived to be exported and rolled out. @returns what failed, a line each */
  async finish(): Promise<string[]> {
    await this.#arrivals.idle();
    if (this.#options.exported === 'final') await this.#arrivals.exportNewest(this.#export);
    if (!this.#isStopped) this.#rollouts?.trainingEnded(this.#last);
    await this.#rollouts?.idle();
    return [...this.#arrivals.faults, ...(this.#rollouts?.faults ?? [])];
  }

  /** What is under way ends; nothing else begins. */
  stop(): void {
    this.#isStopped = true;
    this.#arrivals.stop();
    this.#rollouts?.stop();
  }

  kill(): void {
    this.#isStopped = true;
    this.#rollouts?.kill();
  }

  readonly #export = async (checkpoint: string, policy: string): Promise<void> => {
    if (this.#cannotExport !== undefined) return;
    const { command, say } = this.#options;
    try {
      const result = await exportPolicy({
        provider: localProvider,
        checkpoint,
        dataset: await this.#options.dataset(),
        out: policy,
        ...EXPORT_DEFAULTS,
        command,
        say: () => {},
      });
      if (result.kind === 'failed') throw new Error(`its export failed: ${result.failure.message}`);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // Without Python or the dataset here, the next one will not go better.
      this.#cannotExport = error.message;
      say(`checkpoints are fetched, but not exported here: ${error.message}`);
    }
  };

  #onPolicy(name: string): void {
    const { evaluation, folder, say } = this.#options;
    this.#last = this.#last === undefined || Number(name) > Number(this.#last) ? name : this.#last;
    if (!evaluation || this.#isStopped) return;
    try {
      this.#rollouts ??= new CheckpointRollouts({ run: outputsRun(folder), ...evaluation, say });
      this.#rollouts.exported(name);
      this.#rollouts.verified(name);
    } catch (error) {
      say(`rollouts of the checkpoints: ${(error as Error).message}`);
    }
  }
}
