/** A training on a host: its steps, its checkpoints on the way to storage, and what its agent writes of it. */
import type { Failure } from '../../../runtime/failure.ts';
import type { HostStatus, Launch } from '../../../trainer/launch/remote/ports.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedStore } from './simulated-store.ts';
import { CANARIES } from './unreliable.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface TrainerWorld {
  time: VirtualTime;
  scenario: Scenario;
  store: SimulatedStore;
  /** Whether one upload fails now. */
  uploadFails(): boolean;
}

const STARTS_MS = 40_000;
const CHECKPOINT_MS = 8_000;
const AGENT_WRITES_MS = 10_000;
const BREAKS_MS = 60_000;
/** An agent waits no longer for what its trainer left. */
const LAST_UPLOADS_MS = 600_000;
const REQUEST_MS = 1_000;
const UPLOAD_AGAIN_MS = 20_000;

/** What a broken trainer says; of its secrets, its agent knows only some. */
const BROKEN: Failure = { kind: 'diverged', message: `the loss is nan, says ${CANARIES[0]}` };

export class SimulatedTrainer {
  readonly attempt: number;
  readonly startStep: number;
  readonly #world: TrainerWorld;
  readonly #stepsFromMs: number;
  /** The process is there. */
  isAlive = true;
  /** Its machine is there; uploads go on after the trainer's end. */
  #isPowered = true;
  #frozenAt: number | null = null;
  hungSinceMs: number | null = null;
  #silentSinceMs: number | null = null;
  #endStep: number | null = null;
  #exitCode: number | null = null;
  #ended = false;
  /** The agent ended with uploads still to do. */
  #gaveUp = false;
  /** Steps of checkpoints that are whole on its disk and not in storage. */
  readonly #waiting: number[] = [];
  #isUploading = false;
  newestLocal: number | null;
  /** When its newest checkpoint came to storage. */
  uploadedAtMs = 0;
  #published: number | null;
  #fault: string | null = null;

  constructor(world: TrainerWorld, launch: Launch) {
    this.#world = world;
    this.attempt = launch.attempt;
    this.startStep = launch.resumeStep ?? 0;
    this.newestLocal = launch.resumeStep;
    this.#published = launch.resumeStep;
    this.#stepsFromMs = world.time.nowMs() + STARTS_MS;
    if (world.scenario.isTrainerBroken) world.time.after(BREAKS_MS, () => this.exit(1));
    else this.#planCheckpoint();
  }

  get step(): number {
    if (this.#endStep !== null) return this.#endStep;
    if (this.#frozenAt !== null) return this.#frozenAt;
    const { steps, stepsPerS } = this.#world.scenario;
    const sinceS = Math.max(0, this.#world.time.nowMs() - this.#stepsFromMs) / 1000;
    return Math.min(steps, this.startStep + Math.floor(sinceS * stepsPerS + 1e-6));
  }

  /** Whether all that its disk has in full is in storage. */
  get isPublished(): boolean {
    return this.#waiting.length === 0;
  }

  status(runId: string): HostStatus {
    const nowMs = this.#silentSinceMs ?? this.#world.time.nowMs();
    const step = this.step;
    return {
      runId,
      attempt: this.attempt,
      sequence: Math.floor(nowMs / AGENT_WRITES_MS),
      state: this.#ended ? 'ended' : 'training',
      exitCode: this.#ended ? this.#exitCode : null,
      failure: this.#ended && this.#exitCode === 1 ? BROKEN : null,
      step,
      steps: this.#world.scenario.steps,
      loss: 1 / (1 + step),
      steppedAtMs: step > this.startStep ? nowMs : null,
      writtenAtMs: nowMs,
      publishedStep: this.#published,
      gpuMemoryBytes: 1e9,
      uploadFault: this.#fault,
    };
  }

  /** No step is made any more; the process stays. */
  hang(): void {
    if (!this.isAlive || this.#frozenAt !== null) return;
    this.#frozenAt = this.step;
    this.hungSinceMs = this.#world.time.nowMs();
  }

  fallSilent(): void {
    this.#silentSinceMs ??= this.#world.time.nowMs();
  }

  /** By itself, or killed; checkpoints that are whole still go to storage. */
  exit(code: number): void {
    if (!this.isAlive) return;
    this.#endStep = this.step;
    this.#exitCode = code;
    this.isAlive = false;
    this.hungSinceMs = null;
    this.#settle();
    this.#world.time.after(LAST_UPLOADS_MS, () => {
      this.#gaveUp = this.#isPowered && !this.#ended;
      if (this.#gaveUp) this.#ended = true;
    });
  }

  /** Asked for a checkpoint and an end. A trainer that hangs does not hear it. */
  interrupt(): void {
    if (!this.isAlive || this.#frozenAt !== null) return;
    const step = this.step;
    this.#world.time.after(CHECKPOINT_MS, () => {
      if (!this.isAlive || !this.#isPowered) return;
      this.#noteLocal(step);
      this.#endStep = step;
      this.exit(130);
    });
  }

  /** Its machine went away. */
  powerOff(): void {
    if (this.#endStep === null) this.#endStep = this.step;
    this.isAlive = false;
    this.#isPowered = false;
    this.hungSinceMs = null;
  }

  #planCheckpoint(): void {
    const { steps, saveEvery, stepsPerS } = this.#world.scenario;
    const from = Math.max(this.startStep, this.newestLocal ?? 0);
    const next = Math.min(steps, (Math.floor(from / saveEvery) + 1) * saveEvery);
    const atMs = this.#stepsFromMs + ((next - this.startStep) / stepsPerS) * 1000;
    this.#world.time.after(atMs - this.#world.time.nowMs(), () => {
      if (!this.isAlive || this.#frozenAt !== null) return;
      this.#noteLocal(next);
      if (next < steps) this.#planCheckpoint();
      else this.exit(0);
    });
  }

  #noteLocal(step: number): void {
    if (step <= (this.newestLocal ?? 0)) return;
    this.newestLocal = step;
    this.#waiting.push(step);
    if (!this.#isUploading) this.#upload();
  }

  #upload(): void {
    this.#isUploading = true;
    const step = this.#waiting[0];
    const requests = this.#world.store.publishing(step);
    const next = (): void => {
      if (!this.#isPowered || this.#gaveUp) return;
      const isFailing = this.#world.uploadFails();
      this.#fault = isFailing ? `checkpoint ${step} is not stored: 503` : null;
      if (isFailing) {
        this.#world.time.after(UPLOAD_AGAIN_MS, next);
        return;
      }
      const { done, value } = requests.next();
      if (!done) {
        this.#world.time.after(value === 'files' ? this.#world.scenario.uploadS * 1000 : REQUEST_MS, next);
        return;
      }
      this.#published = step;
      this.uploadedAtMs = this.#world.time.nowMs();
      this.#waiting.shift();
      this.#isUploading = false;
      if (this.#waiting.length > 0) this.#upload();
      else this.#settle();
    };
    next();
  }

  /** The agent says that it ended once everything is in storage. */
  #settle(): void {
    if (!this.isAlive && this.#isPowered && this.isPublished) this.#ended = true;
  }
}
