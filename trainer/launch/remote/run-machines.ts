/** The provider and the host of a run, made from its plan. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../../runtime/cache-folder.ts';
import { InputError } from '../../../sim/errors.ts';
import { COMPUTE_BASE, GcpCloud } from '../cloud/gcp.ts';
import { HostsCloud } from '../cloud/hosts.ts';
import { VerdaCloud } from '../cloud/verda.ts';
import { VERDA_BASE, VerdaApi, type VerdaVolume } from '../cloud/verda-api.ts';
import { SshConnection } from '../ssh/connection.ts';
import { POWER_OFF } from '../ssh/dead-mans-guard.ts';
import { SshHost } from '../ssh/host.ts';
import { checkKeyFile, ensureKeyPair, publicKeyOf } from '../ssh/key-file.ts';
import { googleTokens } from '../storage/google-token.ts';
import { checkedHost } from './checked-host.ts';
import { gcpMachineType } from './gpus.ts';
import { hostSecrets, remoteJob } from './host-job.ts';
import { isFolder } from './locations.ts';
import { type Clock, type Cloud, type Host, HostError, type Machine, type Offer } from './ports.ts';
import type { GcpPlace, RunPlan, SshPlace, VerdaPlace } from './run-plan.ts';
import type { Secrets } from './secrets.ts';
import { type PlannedMachines, RUN_LABEL } from './supervisor-plan.ts';

export interface MachineOptions {
  plan: RunPlan;
  /** Of the run, absolute. */
  folder: string;
  secrets: Secrets;
  clock: Clock;
  say(line: string): void;
}

export interface RunMachines extends PlannedMachines {
  cloud: Cloud;
  host: Host;
  connect(machine: Machine): SshConnection;
  /** Ends connections; what runs there goes on. */
  close(): void;
}

interface ProviderMachines extends PlannedMachines {
  cloud: Cloud;
  connect(machine: Machine): SshConnection;
  /** For the machine's sh; null: only the training ends there. */
  powerOff: string | null;
}

/** @throws InputError for a key that is missing or open to others */
export async function openMachines(options: MachineOptions): Promise<RunMachines> {
  const { plan, clock, secrets, say } = options;
  const provider = await providerMachines(options);
  const { values, files } = hostSecrets(plan, secrets);
  const job = remoteJob(plan);
  const ssh = new SshHost({
    runId: plan.runId,
    folder: plan.place.folder,
    job,
    dataset: isFolder(plan.dataset) ? { folder: plan.dataset } : { url: plan.dataset },
    secrets: values,
    secretFiles: files,
    python: plan.environment.python,
    torch: plan.environment.torch,
    deadManS: plan.limits.deadManMinutes * 60,
    powerOff: () => provider.powerOff,
    connect: provider.connect,
    onProgress: say,
  });
  const { connect } = provider;
  const onStartSent = (folder: string): void => void Object.assign(job, remoteJob(plan, folder));
  const host = checkedHost({ host: ssh, plan, connect, onStartSent, nowMs: () => clock.nowMs(), say });
  return { ...provider, host, close: () => ssh.close() };
}

async function providerMachines(options: MachineOptions): Promise<ProviderMachines> {
  const { place } = options.plan;
  if (place.keyFile !== null) await checkKeyFile(place.keyFile);
  if (place.name === 'ssh') return sshMachines(place);
  const key = await runKey(options);
  return place.name === 'gcp' ? gcpMachines(place, key, options) : verdaMachines(place, key, options);
}

interface RunKey {
  file: string;
  publicKey: string;
}

/** The user's, or one of this run alone. */
async function runKey({ plan, folder }: MachineOptions): Promise<RunKey> {
  const { keyFile } = plan.place;
  if (keyFile !== null) return { file: keyFile, publicKey: await publicKeyOf(keyFile) };
  const file = join(folder, 'ssh', 'id_ed25519');
  return { file, publicKey: await ensureKeyPair(file) };
}

function sshMachines(place: SshPlace): ProviderMachines {
  return {
    cloud: new HostsCloud([{ address: place.host }]),
    existing: HostsCloud.ref(place.host),
    existingAfterwards: 'as-found',
    publicKey: '',
    powerOff: null,
    connect: () => connectTo(place),
  };
}

/** The user's own ssh configuration counts: jump hosts, agents, keys. */
export function connectTo({ host, port, user, keyFile, hostKey }: SshPlace): SshConnection {
  return new SshConnection(
    { user, host, port },
    {
      keyFile,
      knownHostsFiles: [knownHosts(), join(homedir(), '.ssh', 'known_hosts')],
      // Under its alias, for ssh's configuration may give it another address and port.
      hostKeyAlias: hostKey === null ? null : host,
      hostKey,
      configFile: null,
    },
  );
}

function gcpMachines(place: GcpPlace, key: RunKey, { folder, clock }: MachineOptions): ProviderMachines {
  const { project, instance, zones } = place;
  const cloud = new GcpCloud({
    ...place,
    wanted: gcpOffers(place),
    existing: instance === null ? null : { name: instance, publicKey: key.publicKey },
    token: computeToken(),
    clock,
    base: process.env.BRICKYARD_COMPUTE_ENDPOINT ?? COMPUTE_BASE,
  });
  return {
    cloud,
    existing: instance === null ? null : { id: instance, name: instance, zone: zones[0] },
    existingAfterwards: 'stopped',
    publicKey: key.publicKey,
    powerOff: POWER_OFF,
    connect: (machine) =>
      connectToRented(machine, place.user, key, {
        // An instance of the user's is met again in later runs.
        knownHosts: instance === null ? join(folder, 'ssh', 'known_hosts') : knownHosts(),
        alias: `${project}-${machine.zone}-${machine.name}`,
      }),
  };
}

/** Every wanted type in every zone, the first zone first: Compute Engine tells no prices. */
export function gcpOffers({ zones, machineTypes, gpu, gpus, pricePerHourUsd }: GcpPlace): Offer[] {
  const types = machineTypes.length > 0 ? machineTypes : gpu === '' ? [] : [gcpMachineType(gpu, gpus)];
  return types.flatMap((type) => zones.map((zone) => ({ zone, type, gpu, gpus, pricePerHourUsd })));
}

/** For a server in place of Google's one of its own: whoever runs it is not to learn what opens Google's. */
export function computeToken(): (fresh?: boolean) => Promise<string | null> {
  if (process.env.BRICKYARD_COMPUTE_ENDPOINT) return async () => process.env.BRICKYARD_COMPUTE_TOKEN ?? null;
  const tokens = googleTokens();
  return (fresh) => tokens.token(fresh);
}

async function verdaMachines(
  place: VerdaPlace,
  key: RunKey,
  { plan, folder, clock, secrets }: MachineOptions,
): Promise<ProviderMachines> {
  const api = verdaApi(secrets, clock);
  const cloudWith = (volume: { id: string; location: string } | null): VerdaCloud =>
    new VerdaCloud({ ...place, api, clock, types: place.instanceTypes, volume });
  const volume =
    place.volume === null
      ? null
      : await chosenVolume(place.volume, api, () =>
          cloudWith(null).volumeLeftBy({ [RUN_LABEL]: plan.runId }),
        );
  return {
    cloud: cloudWith(volume),
    existing: null,
    existingAfterwards: 'as-found',
    publicKey: key.publicKey,
    powerOff: POWER_OFF,
    connect: (machine) =>
      connectToRented(machine, place.user, key, {
        knownHosts: join(folder, 'ssh', 'known_hosts'),
        alias: machine.name,
      }),
  };
}

export function verdaApi(secrets: Secrets, clock: Clock): VerdaApi {
  const [clientId, clientSecret] = [secrets.get('VERDA_CLIENT_ID'), secrets.get('VERDA_CLIENT_SECRET')];
  if (!clientId || !clientSecret)
    throw new InputError('VERDA_CLIENT_ID and VERDA_CLIENT_SECRET are missing in .env');
  return new VerdaApi({
    login: { clientId, clientSecret },
    nowMs: () => clock.nowMs(),
    base: process.env.BRICKYARD_VERDA_ENDPOINT ?? VERDA_BASE,
  });
}

/** An id, or `auto`. @throws InputError when there is none */
async function chosenVolume(
  wanted: string,
  api: VerdaApi,
  leftBehind: () => Promise<VerdaVolume | undefined>,
): Promise<{ id: string; location: string }> {
  const found = wanted === 'auto' ? await leftBehind() : await api.volume(wanted);
  if (found?.location) return { id: found.id, location: found.location };
  throw new InputError(
    wanted === 'auto'
      ? 'no OS volume of this run is left at Verda: leave --volume out, and the run goes on from storage'
      : `Verda has no volume ${wanted}: --volume auto finds the one that is left, if any`,
  );
}

function connectToRented(
  machine: Machine,
  user: string,
  key: RunKey,
  { knownHosts: file, alias }: { knownHosts: string; alias: string },
): SshConnection {
  if (machine.address === null) throw new HostError('unreachable', `${machine.name} has no address yet`);
  return new SshConnection(
    { user, host: machine.address, port: null },
    {
      keyFile: key.file,
      knownHostsFiles: [file],
      hostKeyAlias: alias,
      hostKey: null,
      configFile: 'none',
    },
  );
}

/** Keys of hosts that are kept from run to run, so that a changed one is noticed. */
function knownHosts(): string {
  return cacheFolder('known_hosts');
}
