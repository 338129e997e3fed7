/**
 * All that a remote training was asked for, without a secret in it: runs/ID/plan.json. A supervisor that starts again
 * reads it and nothing of the command line, so that the same run cannot become another one by a changed setting.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { CHECK_NAMES, type CheckName } from '../../../dataset/checks/names.ts';
import { writeWholeFile } from '../../../runtime/disk.ts';
import { readJsonSync } from '../../../runtime/regular-file.ts';
import { InputError } from '../../../sim/errors.ts';

export const REMOTE_PROVIDERS = ['ssh', 'gcp', 'verda'] as const;
export type RemoteProvider = (typeof REMOTE_PROVIDERS)[number];

const name = z.string().min(1).max(200);
const count = z.number().int().min(1).max(64);

/** A host that can be reached by ssh; it is used as it is and never switched off. */
export const sshPlaceSchema = z.strictObject({
  name: z.literal('ssh'),
  host: name,
  /** Null: as ssh's configuration says. */
  port: z.number().int().min(1).max(65535).nullable(),
  user: name.nullable(),
  /** Private key, absolute. Null: the agent's, or what ~/.ssh/config says. */
  keyFile: z.string().nullable(),
  /** "ssh-ed25519 AAAA…", as in the host's ssh_host_ed25519_key.pub. Null: the first one seen is kept. */
  hostKey: z.string().nullable(),
  /** Folder there that all of brickyard lies in, absolute or below the user's home. */
  folder: z.string(),
});

export const gcpPlaceSchema = z.strictObject({
  name: z.literal('gcp'),
  project: name,
  /** An existing one that is started and left stopped; null: one is made. */
  instance: z.string().nullable(),
  /** In order of preference. */
  zones: z.array(name).min(1),
  /** Empty: those of the GPU. */
  machineTypes: z.array(name),
  gpu: z.string(),
  gpus: count,
  image: z.string(),
  diskGb: z.number().int().min(20).max(65_536),
  spot: z.boolean(),
  /** E-mail; null: the project's default one. */
  serviceAccount: z.string().nullable(),
  user: name,
  keyFile: z.string().nullable(),
  /** What somebody pays for an hour of it; Compute's API does not say. */
  pricePerHourUsd: z.number().positive().nullable(),
  folder: z.string(),
});

export const verdaPlaceSchema = z.strictObject({
  name: z.literal('verda'),
  gpu: z.string(),
  gpus: count,
  /** Empty: wherever there is one, by price. */
  locations: z.array(name),
  /** Empty: those of the GPU. */
  instanceTypes: z.array(name),
  spot: z.boolean(),
  image: z.string(),
  osVolumeGb: z.number().int().min(20).max(10_000),
  /** OS volume of a machine that is gone, `auto` for the one with the furthest step, null for none. */
  volume: z.string().nullable(),
  user: name,
  keyFile: z.string().nullable(),
  folder: z.string(),
});

export const runPlanSchema = z.strictObject({
  format: z.literal(1),
  runId: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  madeAt: z.string(),
  /** As typed. */
  command: z.string(),
  place: z.discriminatedUnion('name', [sshPlaceSchema, gcpPlaceSchema, verdaPlaceSchema]),
  /** gs://…, hf://datasets/…, or an absolute folder here, which is sent there. */
  dataset: z.string(),
  /** gs://…, hf://… or an absolute folder that both machines see; the run's prefix below it is its id. */
  out: z.string(),
  /** Of train.py, without data.root, run.dir, resume, training.init_from. */
  overrides: z.array(z.string()),
  /** A pretrained_model folder here to start from, which is sent; absolute. */
  initFrom: z.string().nullable().default(null),
  /** Run to go on from: its id below `out`; null: a new one. */
  resumeOf: z.string().nullable(),
  limits: z.strictObject({
    maxCostUsd: z.number().positive().nullable(),
    maxHours: z.number().positive(),
    /** The machine ends training and itself so long after the supervisor was last heard. */
    deadManMinutes: z.number().min(5).max(1440),
    /** No step for so long is a hang. */
    hangMinutes: z.number().min(1).max(1440),
    reportMinutes: z.number().min(1).max(30),
    pollS: z.number().min(1).max(600),
  }),
  environment: z.strictObject({
    /** `locked`: trainer/requirements.lock; `nightly`: PyTorch's nightly build over it, for GPUs it does not know. */
    torch: z.enum(['locked', 'nightly']),
    /** A Python there that has everything; null: one is made. */
    python: z.string().nullable(),
  }),
  accelerate: z.strictObject({
    /** auto: where two or more GPUs are seen. */
    use: z.enum(['auto', 'on', 'off']),
    processes: count.nullable(),
    mixedPrecision: z.enum(['no', 'fp16', 'bf16']).nullable(),
    /** Absolute, here; sent there. */
    configFile: z.string().nullable(),
  }),
  evaluation: z.strictObject({ suite: z.string().nullable(), every: z.number().int().min(1) }),
  wandb: z.boolean(),
  minEpisodes: z.number().int().min(0),
  /** Checks of `dataset validate` that were left out; plans of before have none. */
  skip: z.array(z.enum(CHECK_NAMES as [CheckName, ...CheckName[]])).default([]),
});

export type SshPlace = z.infer<typeof sshPlaceSchema>;
export type GcpPlace = z.infer<typeof gcpPlaceSchema>;
export type VerdaPlace = z.infer<typeof verdaPlaceSchema>;
export type RunPlan = z.infer<typeof runPlanSchema>;

export const REMOTE_DEFAULTS = {
  maxHours: 24,
  deadManMinutes: 30,
  hangMinutes: 20,
  reportMinutes: 30,
  pollS: 15,
  gpus: 1,
  diskGb: 200,
  gcpImage: 'projects/ml-images/global/images/family/common-cu128-ubuntu-2204-nvidia-570',
  verdaImage: 'ubuntu-24.04-cuda-12.8-open',
  osVolumeGb: 200,
  /** In the home of the user there. */
  folder: 'brickyard',
} as const;

export function planFile(folder: string): string {
  return join(folder, 'plan.json');
}

export function writeRunPlan(folder: string, plan: RunPlan): void {
  writeWholeFile(planFile(folder), `${JSON.stringify(plan, null, 2)}\n`);
}

/** @throws InputError when there is none, or it is another version's */
export function readRunPlan(folder: string): RunPlan {
  const path = planFile(folder);
  let json: unknown;
  try {
    json = readJsonSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(
      code === 'ENOENT'
        ? `${folder} is no remote run: it has no plan.json`
        : `${path} cannot be read: ${message}`,
    );
  }
  return parseRunPlan(json, path);
}

/** @throws InputError when it is another version's */
export function parseRunPlan(json: unknown, path: string): RunPlan {
  const result = runPlanSchema.safeParse(json);
  if (result.success) return result.data;
  const { path: where, message } = result.error.issues[0];
  throw new InputError(
    `${path} is no plan of this version (${where.join('.')}: ${message}); start a new run with train`,
  );
}
