/**
 * Google Cloud, before a machine is asked for: who we are and for how long, what that account may do, what the machine's
 * own account may do with storage, how many GPUs the project may have. Both faults that ended the first run by hand are
 * here: a personal login that expired at night, and a machine whose scopes let it only read.
 */
import { z } from 'zod';
import type { GcpPlace, RunPlan } from '../remote/run-plan.ts';
import { type Finding, fault, note, type PreflightCheck } from './run-checks.ts';

export type GoogleAccount = 'service-account' | 'workload-identity' | 'attached' | 'user' | 'other';

export interface GoogleAccess {
  fetch: typeof fetch;
  computeEndpoint: string;
  /** Undefined: permissions on the project are not asked for. */
  resourceManagerEndpoint?: string;
  /** A new one with `fresh`. */
  token(fresh?: boolean): Promise<string | null>;
  kind(): Promise<GoogleAccount>;
}

export const COMPUTE_ENDPOINT = 'https://compute.googleapis.com';
export const RESOURCE_MANAGER_ENDPOINT = 'https://cloudresourcemanager.googleapis.com';

/** A login by browser outlives no more than this for certain; many organisations end them after 1 to 24 hours. */
const USER_LOGIN_HOURS = 1;

/** What the supervisor does with the account from here. */
const PERMISSIONS_EXISTING = [
  'compute.instances.get',
  'compute.instances.start',
  'compute.instances.stop',
  'compute.instances.setMetadata',
];

/** cloud.google.com/compute/docs/instances/create-start-instance#required-roles */
const PERMISSIONS_MAKING = [
  'compute.instances.create',
  'compute.instances.delete',
  'compute.instances.get',
  'compute.instances.setLabels',
  'compute.instances.setMetadata',
  'compute.disks.create',
  'compute.subnetworks.use',
  'compute.subnetworks.useExternalIp',
];

/** Either of them lets the machine write to buckets (cloud.google.com/storage/docs/authentication#oauth-scopes). */
const WRITING_SCOPES = ['cloud-platform', 'devstorage.read_write', 'devstorage.full_control'];
const SCOPE_PREFIX = 'https://www.googleapis.com/auth/';

/** Names of the quota of spot machines in a region (cloud.google.com/compute/resource-usage#gpu_quota). */
const SPOT_QUOTA: Readonly<Record<string, string>> = {
  T4: 'PREEMPTIBLE_NVIDIA_T4_GPUS',
  L4: 'PREEMPTIBLE_NVIDIA_L4_GPUS',
  A100: 'PREEMPTIBLE_NVIDIA_A100_GPUS',
  'A100-80': 'PREEMPTIBLE_NVIDIA_A100_80GB_GPUS',
  H100: 'PREEMPTIBLE_NVIDIA_H100_GPUS',
};

/** For every plan that Google's token is needed for. */
export function loginCheck(access: GoogleAccess, { limits }: Pick<RunPlan, 'limits'>): PreflightCheck {
  return {
    name: 'google login',
    run: async () => {
      const kind = await access.kind();
      const findings: Finding[] = [];
      if (kind === 'user' && limits.maxHours > USER_LOGIN_HOURS)
        findings.push(
          fault(
            `the Google login is a person's, which ends within hours, and the run may take ${limits.maxHours} h: gcloud iam service-accounts keys create key.json --iam-account NAME@PROJECT.iam.gserviceaccount.com, then GOOGLE_APPLICATION_CREDENTIALS=key.json in .env (or --max-hours ${USER_LOGIN_HOURS})`,
          ),
        );
      await access.token(true); // a token that was remembered would not tell that the login has ended
      return [...findings, note(kind.replace('-', ' '))];
    },
  };
}

export function gcpChecks(access: GoogleAccess, place: GcpPlace, needsBucket: boolean): PreflightCheck[] {
  const checks = [clockCheck(access, place)];
  if (place.instance !== null) checks.push(instanceCheck(access, place, place.instance, needsBucket));
  else {
    if (place.gpu !== '') checks.push(quotaCheck(access, place));
    if (access.resourceManagerEndpoint !== undefined)
      checks.push(projectCheck({ ...access, computeEndpoint: access.resourceManagerEndpoint }, place));
  }
  return checks;
}

/** @param access with the resource manager's endpoint */
function projectCheck(access: GoogleAccess, { project }: GcpPlace): PreflightCheck {
  return {
    name: 'permissions',
    run: async (signal) => {
      const path = `/v1/projects/${project}:testIamPermissions`;
      const answer = await ask(access, signal, path, { permissions: PERMISSIONS_MAKING }).catch(
        (error: Error) => error,
      );
      // Another API, which may be off in the project; the machine itself will tell.
      if (answer instanceof Error) return [note('not known: the resource manager does not answer')];
      const { permissions } = z
        .looseObject({ permissions: z.array(z.string()).default([]) })
        .parse(answer.json);
      const missing = PERMISSIONS_MAKING.filter((permission) => !permissions.includes(permission));
      if (missing.length === 0) return [];
      return [
        fault(
          `the account lacks ${missing.join(', ')} in project ${project}: gcloud projects add-iam-policy-binding ${project} --member serviceAccount:EMAIL --role roles/compute.instanceAdmin.v1`,
        ),
      ];
    },
  };
}

const instanceSchema = z.looseObject({
  status: z.string(),
  machineType: z.string().optional(),
  serviceAccounts: z.array(z.looseObject({ email: z.string(), scopes: z.array(z.string()) })).optional(),
});

function instanceCheck(
  access: GoogleAccess,
  { project, zones: [zone] }: GcpPlace,
  name: string,
  needsBucket: boolean,
): PreflightCheck {
  const path = `/compute/v1/projects/${project}/zones/${zone}/instances/${name}`;
  return {
    name: 'instance',
    run: async (signal) => {
      const answer = await ask(access, signal, path);
      if (answer.status === 404)
        return [
          fault(
            `there is no instance ${name} in ${zone} of project ${project}: gcloud compute instances list --project ${project}`,
          ),
        ];
      const instance = instanceSchema.parse(answer.json);
      const findings = [note(`${name} is ${instance.status}`)];
      if (needsBucket) findings.push(...scopeFaults(instance.serviceAccounts ?? [], name, zone, project));
      const body = { permissions: PERMISSIONS_EXISTING };
      const tested = await ask(access, signal, `${path}/testIamPermissions`, body);
      const held = z.looseObject({ permissions: z.array(z.string()).default([]) }).parse(tested.json);
      const missing = PERMISSIONS_EXISTING.filter((permission) => !held.permissions.includes(permission));
      if (missing.length > 0)
        findings.push(
          fault(
            `the account lacks ${missing.join(', ')} on ${name}: gcloud projects add-iam-policy-binding ${project} --member serviceAccount:EMAIL --role roles/compute.instanceAdmin.v1`,
          ),
        );
      return findings;
    },
  };
}

function scopeFaults(
  accounts: readonly { email: string; scopes: readonly string[] }[],
  name: string,
  zone: string,
  project: string,
): Finding[] {
  const where = `--zone ${zone} --project ${project}`;
  if (accounts.length === 0)
    return [
      fault(
        `${name} has no service account and can write no bucket: gcloud compute instances set-service-account ${name} ${where} --service-account EMAIL --scopes cloud-platform (while it is stopped)`,
      ),
    ];
  const scopes = accounts.flatMap((account) =>
    account.scopes.map((scope) => scope.replace(SCOPE_PREFIX, '')),
  );
  if (scopes.some((scope) => WRITING_SCOPES.includes(scope))) return [];
  const storage = scopes.find((scope) => scope.startsWith('devstorage')) ?? 'none';
  return [
    fault(
      `the storage scope of ${name} is ${storage}, which cannot write whatever its role is: gcloud compute instances set-service-account ${name} ${where} --service-account ${accounts[0].email} --scopes cloud-platform (while it is stopped)`,
    ),
  ];
}

const quotasSchema = z.looseObject({
  quotas: z.array(z.looseObject({ metric: z.string(), limit: z.number(), usage: z.number() })).default([]),
});

/** Quota is not stock: with enough of it there may still be no machine. */
function quotaCheck(access: GoogleAccess, place: GcpPlace): PreflightCheck {
  const { project, zones, gpu, gpus, spot } = place;
  const wanted = spot ? SPOT_QUOTA[gpu] : SPOT_QUOTA[gpu]?.replace('PREEMPTIBLE_', '');
  const regions = [...new Set(zones.map((zone) => zone.replace(/-[a-z]$/, '')))];
  return {
    name: 'gpu quota',
    run: async (signal) => {
      const base = `/compute/v1/projects/${project}`;
      const everywhere = quotasSchema.parse((await ask(access, signal, base)).json).quotas;
      const all = everywhere.find(({ metric }) => metric === 'GPUS_ALL_REGIONS');
      const ask_more = `ask for more at https://console.cloud.google.com/iam-admin/quotas?project=${project}`;
      if (all && all.limit - all.usage < gpus)
        return [
          fault(
            `${gpus} ${gpu} are wanted, and project ${project} may have ${all.limit} GPUs in all regions, of which ${all.usage} are used (GPUS_ALL_REGIONS): ${ask_more}`,
          ),
        ];
      if (wanted === undefined) return [];
      const found = await Promise.all(
        regions.map(async (region) => {
          const { quotas } = quotasSchema.parse(
            (await ask(access, signal, `${base}/regions/${region}`)).json,
          );
          const quota = quotas.find(({ metric }) => metric === wanted);
          return { region, free: quota ? quota.limit - quota.usage : null, limit: quota?.limit };
        }),
      );
      if (found.some(({ free }) => free === null || free >= gpus))
        return found.map(({ region, free }) => note(`${region}: ${free ?? 'unknown'} free`));
      const said = found.map(({ region, free, limit }) => `${free} of ${limit} in ${region}`).join(', ');
      return [
        fault(
          `${gpus} ${gpu} are wanted, and the quota ${wanted} has ${said} left: ${ask_more}, or name another --zone`,
        ),
      ];
    },
  };
}

const MAX_SKEW_S = 60;

/** Google refuses tokens signed by a clock that is wrong by minutes, and its deadlines would mean something else. */
function clockCheck({ fetch, computeEndpoint }: GoogleAccess, _place: GcpPlace): PreflightCheck {
  return {
    name: 'clock',
    run: async (signal) => {
      const answer = await fetch(`${computeEndpoint}/discovery/v1/apis`, { signal, method: 'HEAD' });
      const there = Date.parse(answer.headers.get('date') ?? '');
      if (Number.isNaN(there)) return [];
      const skewS = Math.round((Date.now() - there) / 1000);
      if (Math.abs(skewS) <= MAX_SKEW_S) return [];
      return [
        fault(
          `this machine's clock is ${Math.abs(skewS)} s ${skewS > 0 ? 'fast' : 'slow'}, more than ${MAX_SKEW_S} s: sudo timedatectl set-ntp true`,
        ),
      ];
    },
  };
}

async function ask(
  { fetch, computeEndpoint, token }: GoogleAccess,
  signal: AbortSignal,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const bearer = await token();
  const answer = await fetch(`${computeEndpoint}${path}`, {
    signal,
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.ok) return { status: answer.status, json: JSON.parse(text) };
  if (answer.status === 404) return { status: 404, json: {} };
  const said = /"message":\s*"([^"]{1,300})/.exec(text)?.[1] ?? text.slice(0, 200);
  const [, project = 'PROJECT'] = /\/projects\/([^/]+)/.exec(path) ?? [];
  if (answer.status === 401)
    throw new Error(
      `Google refused the login (401: ${said}): make a new key, gcloud iam service-accounts keys create`,
    );
  if (answer.status === 403 && /has not been used|is disabled/.test(said))
    throw new Error(
      `Compute Engine is off: gcloud services enable compute.googleapis.com --project ${project}`,
    );
  if (answer.status === 403)
    throw new Error(
      `the account may not look at project ${project} (403: ${said}): gcloud projects add-iam-policy-binding ${project} --member serviceAccount:EMAIL --role roles/compute.instanceAdmin.v1`,
    );
  throw new Error(`Compute Engine answered ${answer.status}: ${said}; the same command again in a minute`);
}
