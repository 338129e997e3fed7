/** What the host is told of a run: the trainer's arguments, and the secrets that it needs and no others. */
import { readFileSync } from 'node:fs';
import { hydraString } from '../overrides.ts';
import type { RemoteJob } from '../ssh/host.ts';
import type { RunPlan } from './run-plan.ts';
import type { Secrets } from './secrets.ts';

/** Last 3 and the best, as on the host's disk. */
const KEEP_LAST = 3;

/** Servers in place of Google's and the Hub's; no secrets. */
const PASSED_ON = ['BRICKYARD_GCS_ENDPOINT', 'HF_ENDPOINT'] as const;

const EXPORT = /^\+{0,2}checkpoint\.export=(.*)$/;

/** Which checkpoints become policies, as in trainer/conf; here, and not where they are trained. */
export type Exported = 'all' | 'final' | 'none';

export function exportedHere(overrides: readonly string[]): Exported {
  const value = overrides.map((text) => EXPORT.exec(text)?.[1]).findLast((found) => found !== undefined);
  return value === 'final' ? 'final' : value === 'none' || value === 'null' ? 'none' : 'all';
}

/** @param initFrom folder there that the plan's `initFrom` was sent to */
export function remoteJob(
  { overrides, out, runId, command, accelerate, place, wandb }: RunPlan,
  initFrom?: string,
): RemoteJob {
  // Exporting takes the GPU's time, and this machine does it as well.
  const trainArgs = [...overrides.filter((text) => !EXPORT.test(text)), 'checkpoint.export=none'];
  if (wandb && !overrides.some((text) => /^\+{0,2}wandb\.enable=/.test(text)))
    trainArgs.push('wandb.enable=true');
  if (initFrom !== undefined) trainArgs.push(`training.init_from=${hydraString(initFrom)}`);
  return {
    trainArgs,
    command,
    store: `${out}/${runId}`,
    keepLast: KEEP_LAST,
    accelerate,
    preemptionNotice: place.name === 'gcp',
  };
}

export interface HostSecrets {
  values: Record<string, string>;
  /** Variables that name a file there, and what is in it. */
  files: Record<string, string>;
}

export function hostSecrets(
  { dataset, out, place, wandb }: Pick<RunPlan, 'dataset' | 'out' | 'place' | 'wandb'>,
  secrets: Pick<Secrets, 'get'>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): HostSecrets {
  const values: Record<string, string> = {};
  const uses = (scheme: string): boolean => [dataset, out].some((url) => url.startsWith(`${scheme}://`));
  const token = secrets.get('HF_TOKEN');
  if (token && uses('hf')) values.HF_TOKEN = token;
  const wandbKey = secrets.get('WANDB_API_KEY');
  if (wandbKey && wandb) values.WANDB_API_KEY = wandbKey;
  for (const name of PASSED_ON) {
    const value = environment[name];
    if (value) values[name] = value;
  }
  const files: Record<string, string> = {};
  const keyFile = secrets.get('GOOGLE_APPLICATION_CREDENTIALS');
  // A machine of Google's has an account of its own.
  if (keyFile && uses('gs') && place.name !== 'gcp')
    files.GOOGLE_APPLICATION_CREDENTIALS = readFileSync(keyFile, 'utf8');
  return { values, files };
}
