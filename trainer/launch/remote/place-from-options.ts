/** Where a run shall train, from the command line, `train.remote.yaml` and the defaults, in this order. */
import { resolve } from 'node:path';
import { wholeNumber } from '../../../runtime/option-value.ts';
import { suggestion } from '../../../scenarios/nearest.ts';
import { InputError } from '../../../sim/errors.ts';
import { isSshName } from '../ssh/option-value.ts';
import { gcpMachineType, gpuNamed } from './gpus.ts';
import {
  type GcpPlace,
  REMOTE_DEFAULTS,
  REMOTE_PROVIDERS,
  type RemoteProvider,
  type RunPlan,
  type SshPlace,
  type VerdaPlace,
} from './run-plan.ts';
import type { RemoteSettings } from './settings-file.ts';

/** As typed. */
export interface RemoteOptions {
  provider: string;
  dataset?: string;
  out?: string;
  host?: string;
  key?: string;
  hostKey?: string;
  project?: string;
  instance?: string;
  zone: readonly string[];
  machineType: readonly string[];
  gpu?: string;
  gpus?: string;
  spot?: boolean;
  maxCost?: string;
  maxHours?: string;
  deadMan?: string;
  torch?: string;
  accelerate?: string;
  eval?: string;
  evalEvery?: string;
  volume?: string;
  minEpisodes: string;
  skip?: string;
  overrides: readonly string[];
}

export interface PlanFacts {
  runId: string;
  madeAt: string;
  command: string;
  /** Where relative paths begin. */
  cwd: string;
  home: string;
}

interface HostName {
  host: string;
  user?: string;
  port?: number;
}

/** @throws InputError that lists the providers */
export function remoteProviderNamed(text: string): RemoteProvider {
  const found = REMOTE_PROVIDERS.find((name) => name === text);
  if (found) return found;
  const names = ['local', ...REMOTE_PROVIDERS];
  throw new InputError(
    `--provider is "${text}"${suggestion(text, names) || ';'} there is ${names.join(', ')}`,
  );
}

/** @throws InputError with what is missing or cannot be */
export function placeFromOptions(
  options: RemoteOptions,
  settings: RemoteSettings,
  facts: PlanFacts,
): RunPlan['place'] {
  const provider = remoteProviderNamed(options.provider);
  refuseForeignOptions(options, provider);
  if (provider === 'ssh') return sshPlace(options, settings.ssh ?? {}, facts);
  return provider === 'gcp'
    ? gcpPlace(options, settings.gcp ?? {}, facts)
    : verdaPlace(options, settings.verda ?? {}, facts);
}

/** Options that only some providers have. */
const PROVIDERS_OF: Readonly<Record<string, readonly RemoteProvider[]>> = {
  host: ['ssh'],
  hostKey: ['ssh'],
  project: ['gcp'],
  instance: ['gcp'],
  zone: ['gcp', 'verda'],
  machineType: ['gcp', 'verda'],
  gpu: ['gcp', 'verda'],
  gpus: ['gcp', 'verda'],
  volume: ['verda'],
};

function refuseForeignOptions(options: RemoteOptions, provider: RemoteProvider): void {
  const faults = Object.entries(PROVIDERS_OF).flatMap(([name, providers]) => {
    const value = options[name as keyof RemoteOptions];
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined;
    if (!isGiven || providers.includes(provider)) return [];
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return [`--${option} is for --provider ${providers.join(' and ')}, not for ${provider}`];
  });
  if (faults.length > 0) throw new InputError(faults.join('; '));
}

function sshPlace(
  options: RemoteOptions,
  settings: NonNullable<RemoteSettings['ssh']>,
  facts: PlanFacts,
): SshPlace {
  const typed: Partial<HostName> = options.host === undefined ? {} : parseHost(options.host);
  const host = typed.host ?? settings.host;
  if (host === undefined)
    throw new InputError('--host is missing: [USER@]HOST[:PORT], as ssh would reach it');
  const user = typed.user ?? settings.user ?? null;
  for (const [what, name] of [['ssh.host', host] as const, ['ssh.user', user] as const])
    if (name !== null && !isSshName(name))
      throw new InputError(
        `${what} is ${JSON.stringify(name)}: it takes a name without spaces, quotes and slashes`,
      );
  const hostKey = options.hostKey ?? settings.host_key ?? null;
  if (hostKey !== null && !/^(ssh|ecdsa|sk)-[\w@.-]+ [A-Za-z0-9+/]{40,}={0,2}(?: [^\r\n]*)?$/.test(hostKey))
    throw new InputError(
      `--host-key is "${hostKey.slice(0, 60)}"; it takes a line such as "ssh-ed25519 AAAA…", from the host's /etc/ssh/ssh_host_ed25519_key.pub`,
    );
  return {
    name: 'ssh',
    host,
    port: typed.port ?? settings.port ?? null,
    user,
    keyFile: pathOrNull(options.key ?? settings.key_file, facts),
    hostKey,
    folder: settings.folder ?? REMOTE_DEFAULTS.folder,
  };
}

function gcpPlace(
  options: RemoteOptions,
  settings: NonNullable<RemoteSettings['gcp']>,
  facts: PlanFacts,
): GcpPlace {
  const project = options.project ?? settings.project;
  const instance = options.instance ?? settings.instance ?? null;
  const zones = listOf(options.zone) ?? settings.zones ?? [];
  const machineTypes = listOf(options.machineType) ?? settings.machine_types ?? [];
  const gpuText = options.gpu ?? settings.gpu;
  const faults: string[] = [];
  if (project === undefined) faults.push('--project is missing: the id of the Google Cloud project');
  if (zones.length === 0) faults.push('--zone is missing: such as us-central1-a; repeat it for more');
  for (const zone of zones)
    if (!/^[a-z]+-[a-z]+\d+-[a-z]$/.test(zone))
      faults.push(`--zone ${zone} is none: write one such as us-central1-a`);
  if (instance !== null && zones.length > 1)
    faults.push(`--instance ${instance} lies in one zone; ${zones.length} are given`);
  if (instance === null && gpuText === undefined && machineTypes.length === 0)
    faults.push('--gpu is missing: such as A100; or --instance, for one that is there already');
  const gpus = options.gpus === undefined ? (settings.gpus ?? REMOTE_DEFAULTS.gpus) : wholeGpus(options.gpus);
  const gpu = gpuText === undefined ? '' : gpuNamed(gpuText, 'gcp');
  if (gpu !== '' && instance === null && machineTypes.length === 0) gcpMachineType(gpu, gpus);
  if (faults.length > 0) throw new InputError(faults.join('; '));
  return {
    name: 'gcp',
    project: project!,
    instance,
    zones,
    machineTypes,
    gpu,
    gpus,
    image: settings.image ?? REMOTE_DEFAULTS.gcpImage,
    diskGb: settings.disk_gb ?? REMOTE_DEFAULTS.diskGb,
    spot: options.spot === false ? false : (settings.spot ?? true),
    serviceAccount: settings.service_account ?? null,
    user: settings.user ?? 'brickyard',
    keyFile: pathOrNull(options.key ?? settings.key_file, facts),
    pricePerHourUsd: settings.price_per_hour_usd ?? null,
    folder: settings.folder ?? REMOTE_DEFAULTS.folder,
  };
}

function verdaPlace(
  options: RemoteOptions,
  settings: NonNullable<RemoteSettings['verda']>,
  facts: PlanFacts,
): VerdaPlace {
  const gpuText = options.gpu ?? settings.gpu;
  const instanceTypes = listOf(options.machineType) ?? settings.instance_types ?? [];
  if (gpuText === undefined && instanceTypes.length === 0)
    throw new InputError('--gpu is missing: such as H100');
  return {
    name: 'verda',
    gpu: gpuText === undefined ? '' : gpuNamed(gpuText, 'verda'),
    gpus: options.gpus === undefined ? (settings.gpus ?? REMOTE_DEFAULTS.gpus) : wholeGpus(options.gpus),
    locations: listOf(options.zone) ?? settings.locations ?? [],
    instanceTypes,
    spot: options.spot === false ? false : (settings.spot ?? true),
    image: settings.image ?? REMOTE_DEFAULTS.verdaImage,
    osVolumeGb: settings.os_volume_gb ?? REMOTE_DEFAULTS.osVolumeGb,
    volume: options.volume ?? null,
    user: settings.user ?? 'root',
    keyFile: pathOrNull(options.key ?? settings.key_file, facts),
    folder: settings.folder ?? REMOTE_DEFAULTS.folder,
  };
}

/** @throws InputError for what ssh could take for an option, too */
function parseHost(text: string): HostName {
  const [, user, bracketed, plain, port] =
    /^(?:([\w.][\w.-]*)@)?(?:\[([\da-f:]+(?:%[\w.-]+)?)\]|([\w][\w.%-]*))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (port !== undefined && (Number(port) < 1 || Number(port) > 65535)))
    throw new InputError(`--host is "${text}"; it takes [USER@]HOST[:PORT]`);
  return { host, user, port: port === undefined ? undefined : Number(port) };
}

/** Repeated, or with commas. */
function listOf(values: readonly string[]): string[] | undefined {
  const all = values.flatMap((value) => value.split(',')).map((value) => value.trim());
  return all.length > 0 ? all.filter((value) => value !== '') : undefined;
}

const wholeGpus = (text: string): number => wholeNumber('--gpus', text, { min: 1, max: 64 });

/** Absolute; `~/` is the user's home. */
export function pathOrNull(text: string | undefined, { cwd, home }: PlanFacts): string | null {
  if (text === undefined) return null;
  return text.startsWith('~/') ? resolve(home, text.slice(2)) : resolve(cwd, text);
}
