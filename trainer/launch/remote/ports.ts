/**
 * What a supervised training needs of the world: time, clouds, the host it trains on, and storage. The supervisor
 * knows nothing else, so that a simulation can take the place of all of it.
 */

import type { Failure } from '../../../runtime/failure.ts';

/** All time goes through here; nothing of the supervisor reads the machine's clock. */
export interface Clock {
  nowMs(): number;
  /** Ends early, without an error, once `signal` is aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** In [0, 1). */
  next(): number;
}

/** What to rent or to use, in order of preference; the first that is in stock is taken. */
export interface Offer {
  /** gcp: zone; verda: location; ssh: the host. */
  zone: string;
  /** Machine or instance type, such as a2-highgpu-1g or 1H100.80S.30V. */
  type: string;
  gpu: string;
  gpus: number;
  /** Null where nobody says. */
  pricePerHourUsd: number | null;
}

export interface MachineRef {
  /** The provider's own id; of gcp the name. */
  id: string;
  /** Unique per run and attempt; what a lost create is found again by. */
  name: string;
  zone: string;
}

/** What a provider says of a machine, whatever it calls it. */
export type MachineState = 'starting' | 'running' | 'stopping' | 'stopped' | 'gone' | 'failed';

export interface Machine extends MachineRef {
  state: MachineState;
  /** Where ssh reaches it, once it does. */
  address: string | null;
  /** The provider said that it took the machine away. */
  preempted: boolean;
  labels: Readonly<Record<string, string>>;
  offer: Offer;
}

export interface CreateRequest {
  offer: Offer;
  name: string;
  labels: Readonly<Record<string, string>>;
  /** The same id for the same intent: a provider that knows it makes one machine of two requests. */
  requestId: string;
  /** The provider or the machine itself ends the machine after this, whatever becomes of the supervisor. */
  maxRunS: number;
  /**
   * From its first boot on the machine itself ends when nobody renewed for so long (`Host.renew`), so that one whose
   * supervisor died before anything was sent to it does not stay. By the startup script, where the provider has one.
   */
  deadManS: number;
  /** OpenSSH format. */
  publicKey: string;
}

/** Why a provider did not do it, and so what to try next. */
export type CloudFault =
  /** No machine there now: another zone or type, or the same later. */
  | 'stockout'
  /** More than the account may have in that region, or (`scope` everywhere) at all. */
  | 'quota'
  /** The role or scope is missing: nobody but the user can mend it. */
  | 'permission'
  /** The login ended and did not refresh. */
  | 'credentials'
  /** Still stopping, provisioning: the same again later. */
  | 'busy'
  /** 5xx, 429, a cut connection: the same again, with the same request id. */
  | 'transient'
  | 'not-found'
  /** The request can never succeed. */
  | 'invalid';

export class CloudError extends Error {
  readonly fault: CloudFault;
  readonly scope: 'zone' | 'region' | 'everywhere';

  constructor(fault: CloudFault, message: string, scope: 'zone' | 'region' | 'everywhere' = 'zone') {
    super(message);
    this.name = 'CloudError';
    this.fault = fault;
    this.scope = scope;
  }
}

/** Every method may throw CloudError. Any request may have been carried out although its answer was lost. */
export interface Cloud {
  readonly name: string;
  /** Where the wanted machine can be had, cheapest first; those without a price last. */
  offers(): Promise<Offer[]>;
  create(request: CreateRequest): Promise<MachineRef>;
  /** Null once it is gone. */
  describe(ref: MachineRef): Promise<Machine | null>;
  /** Every machine with these labels, in every zone that may hold one. */
  find(labels: Readonly<Record<string, string>>): Promise<Machine[]>;
  /** Of a stopped one. */
  start(ref: MachineRef): Promise<void>;
  stop(ref: MachineRef): Promise<void>;
  /** With the disks that were made for it. Of one that is gone: nothing to do. */
  delete(ref: MachineRef): Promise<void>;
}

/** What the host's agent writes of a training: RUN/status.json there, by rename, `sequence` counting on. */
export interface HostStatus {
  runId: string;
  /** Counts on with every start of the trainer. */
  attempt: number;
  sequence: number;
  state: 'setting-up' | 'training' | 'ended';
  /** Of the trainer, when ended: its exit code. */
  exitCode: number | null;
  /** Why, where it told; older agents leave it out. */
  failure?: Failure | null;
  step: number;
  steps: number | null;
  loss: number | null;
  /** Of the last `step`, by the host's clock: what a hang is seen by. */
  steppedAtMs: number | null;
  /** When this was written, by the host's clock. */
  writtenAtMs: number;
  /** Newest checkpoint that storage has in full. */
  publishedStep: number | null;
  gpuMemoryBytes: number | null;
  /** Why publishing fails, where it does. */
  uploadFault: string | null;
}

export interface Launch {
  runId: string;
  attempt: number;
  /** Step to go on from, or null: from the beginning. */
  resumeStep: number | null;
  /** The machine's own agent ends training and machine when nobody renewed by then (`renew`). */
  deadManS: number;
}

export type HostFault = 'unreachable' | 'host-key' | 'refused' | 'setup-failed' | 'disk-full';

export class HostError extends Error {
  readonly fault: HostFault;

  constructor(fault: HostFault, message: string) {
    super(message);
    this.name = 'HostError';
    this.fault = fault;
  }
}

/** A machine that answers by ssh. Every method may throw HostError, and may be repeated. */
export interface Host {
  /** Code, secrets, environment, dataset; what is there in full is not sent again. */
  prepare(machine: Machine): Promise<void>;
  /**
   * Starts the trainer, detached. The same attempt launched twice runs once; a newer one first ends what still runs of
   * an older, and an older one is refused.
   */
  launch(machine: Machine, launch: Launch): Promise<void>;
  /** Null when nothing was launched there. */
  status(machine: Machine): Promise<HostStatus | null>;
  /** Pushes the dead man's limit `deadManS` away from now; also before and during `prepare`, if ssh answers. */
  renew(machine: Machine, deadManS: number): Promise<void>;
  /** The log from a byte on, at most 1 MiB. */
  log(machine: Machine, fromByte: number): Promise<{ text: string; nextByte: number }>;
  /** Asks the trainer to write a checkpoint and end. */
  interrupt(machine: Machine): Promise<void>;
  /** Ends the trainer at once; its checkpoints stay. */
  kill(machine: Machine): Promise<void>;
  /** Brings the run folder's outputs home: curves, reports, log, exported policies. */
  fetchOutputs(machine: Machine, into: string): Promise<void>;
}

/** A checkpoint in storage whose manifest is there, which is written last: all of it is there. */
export interface PublishedCheckpoint {
  step: number;
  bytes: number;
  /** Of the manifest. */
  sha256: string;
  validationLoss: number | null;
}

export type StoreFault =
  | 'permission'
  | 'credentials'
  | 'not-found'
  /** 412: somebody else wrote it first. */
  | 'conflict'
  /** 408, 429, 5xx, a cut connection. */
  | 'transient'
  /** The bytes are others than their manifest says. */
  | 'damaged'
  | 'full';

export class StoreError extends Error {
  readonly fault: StoreFault;

  constructor(fault: StoreFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.fault = fault;
  }
}

/** One run's part of the storage. The host publishes (trainer/brickyard_trainer/publishing), the supervisor reads. */
export interface RunStore {
  /** Those that are whole, rising by step. */
  checkpoints(): Promise<PublishedCheckpoint[]>;
}
