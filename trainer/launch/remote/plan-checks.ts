/** Which checks the plan of a run asks for, before anything is rented. */
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { bucketCheck } from '../preflight/bucket-check.ts';
import { localDatasetCheck, storedDatasetCheck } from '../preflight/dataset-check.ts';
import {
  COMPUTE_ENDPOINT,
  type GoogleAccess,
  gcpChecks,
  loginCheck,
  RESOURCE_MANAGER_ENDPOINT,
} from '../preflight/google-checks.ts';
import { HUB_ENDPOINT, hubCheck } from '../preflight/hub-check.ts';
import { fault, note, type PreflightCheck } from '../preflight/run-checks.ts';
import { freePlaceCheck, storageCheck } from '../preflight/storage-check.ts';
import { VERDA_ENDPOINT, verdaCheck } from '../preflight/verda-check.ts';
import { checkKeyFile } from '../ssh/key-file.ts';
import { googleTokens } from '../storage/google-token.ts';
import { openStore } from '../storage/open-store.ts';
import { joinUrl } from '../storage/store-url.ts';
import { lookAtHost } from './checked-host.ts';
import { isFolder } from './locations.ts';
import { computeToken, connectTo } from './run-machines.ts';
import type { RunPlan, SshPlace } from './run-plan.ts';
import type { Secrets } from './secrets.ts';

export interface PlanCheckOptions {
  plan: RunPlan;
  /** Of the run; need not be there. */
  folder: string;
  secrets: Secrets;
  /** Whether the run's id may be known to storage. */
  resumes: boolean;
}

/** Curves, logs and four checkpoints with their policies. */
const HERE_BYTES = 5e9;

export function planChecks({ plan, folder, secrets, resumes }: PlanCheckOptions): PreflightCheck[] {
  const { place, dataset, out, runId, limits } = plan;
  const access = { hubToken: secrets.get('HF_TOKEN') };
  const store = openStore(joinUrl(out, runId), { subject: '--out', ...access });
  const checks: PreflightCheck[] = [storageCheck(store)];
  if (!resumes) checks.push(freePlaceCheck(store, runId));
  const options = {
    location: dataset,
    minEpisodes: plan.minEpisodes,
    skip: plan.skip,
    overrides: plan.overrides,
  };
  if (isFolder(dataset)) checks.push(localDatasetCheck(options));
  else {
    const stored = openStore(dataset, { subject: '--dataset', ...access });
    checks.push(storedDatasetCheck(stored, options));
    if (place.name === 'gcp' && dataset.startsWith('gs://')) checks.push(bucketCheck(stored, place.zones));
  }
  const uses = (scheme: string): boolean => [dataset, out].some((url) => url.startsWith(`${scheme}://`));
  const isGoogle = place.name === 'gcp' || (uses('gs') && !process.env.BRICKYARD_GCS_ENDPOINT);
  const google = isGoogle ? googleAccess() : undefined;
  if (google) checks.push(loginCheck(google, { limits }));
  if (place.name === 'gcp') checks.push(...gcpChecks(google!, place, uses('gs')));
  if (place.name === 'verda') checks.push(verdaCheck(verdaAccess(secrets), place, limits.maxHours));
  if (uses('hf')) checks.push(hubCheck(hubAccess(secrets), hubRepository(out)));
  if (place.name === 'ssh') checks.push(machineCheck(place, plan));
  else if (place.keyFile !== null) checks.push(keyCheck(place.keyFile));
  if (plan.wandb && !secrets.get('WANDB_API_KEY')) checks.push(wandbCheck());
  return [...checks, diskCheck(folder)];
}

function googleAccess(): GoogleAccess {
  const custom = process.env.BRICKYARD_COMPUTE_ENDPOINT;
  return {
    fetch,
    computeEndpoint: custom?.replace(/\/compute\/v1$/, '') ?? COMPUTE_ENDPOINT,
    resourceManagerEndpoint: custom ? undefined : RESOURCE_MANAGER_ENDPOINT,
    token: computeToken(),
    kind: custom ? async () => 'other' : () => googleTokens().kind(),
  };
}

function verdaAccess(secrets: Secrets) {
  return {
    fetch,
    endpoint: process.env.BRICKYARD_VERDA_ENDPOINT ?? VERDA_ENDPOINT,
    clientId: secrets.get('VERDA_CLIENT_ID'),
    clientSecret: secrets.get('VERDA_CLIENT_SECRET'),
  };
}

function hubAccess(secrets: Secrets) {
  return { fetch, endpoint: process.env.HF_ENDPOINT ?? HUB_ENDPOINT, token: secrets.get('HF_TOKEN') };
}

/** OWNER/NAME that checkpoints are written to. */
function hubRepository(out: string): string | undefined {
  return /^hf:\/\/(?:datasets\/)?([^/]+\/[^/]+)/.exec(out)?.[1];
}

function machineCheck(place: SshPlace, plan: RunPlan): PreflightCheck {
  return {
    name: 'machine',
    run: async () => {
      if (place.keyFile !== null) await checkKeyFile(place.keyFile);
      const ssh = connectTo(place);
      try {
        return await lookAtHost(ssh, plan, () => Date.now());
      } finally {
        ssh.close();
      }
    },
  };
}

function keyCheck(keyFile: string): PreflightCheck {
  return {
    name: 'ssh key',
    run: async () => {
      await checkKeyFile(keyFile);
      return [];
    },
  };
}

function wandbCheck(): PreflightCheck {
  const message =
    'wandb is on and WANDB_API_KEY is missing: put the key of https://wandb.ai/authorize into .env, or wandb: false';
  return { name: 'wandb', run: async () => [fault(message)] };
}

function diskCheck(folder: string): PreflightCheck {
  return {
    name: 'disk here',
    run: async () => {
      let near = folder;
      while (!existsSync(near)) near = dirname(near);
      const { bavail, bsize } = statfsSync(near);
      const freeBytes = bavail * bsize;
      const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
      if (freeBytes >= HERE_BYTES) return [note(`${gigabytes(freeBytes)} free`)];
      return [
        fault(
          `${gigabytes(freeBytes)} are free here for ${folder}, ${gigabytes(HERE_BYTES)} are needed: remove what is old, or start it in another folder`,
        ),
      ];
    },
  };
}
