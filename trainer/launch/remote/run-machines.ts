/** The provider and the host of a run, made from its plan. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HostsCloud } from '../cloud/hosts.ts';
import { SshConnection } from '../ssh/connection.ts';
import { SshHost } from '../ssh/host.ts';
import { checkKeyFile } from '../ssh/key-file.ts';
import { checkedHost } from './checked-host.ts';
import { hostSecrets, remoteJob } from './host-job.ts';
import { isFolder } from './locations.ts';
import type { Clock, Cloud, Host, Machine } from './ports.ts';
import type { RunPlan, SshPlace } from './run-plan.ts';
import type { Secrets } from './secrets.ts';
import type { PlannedMachines } from './supervisor-plan.ts';

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
  const ssh = new SshHost({
    runId: plan.runId,
    folder: plan.place.folder,
    job: remoteJob(plan),
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
  const host = checkedHost({ host: ssh, plan, connect, nowMs: () => clock.nowMs(), say });
  return { ...provider, host, close: () => ssh.close() };
}

async function providerMachines({ plan }: MachineOptions): Promise<ProviderMachines> {
  const { place } = plan;
  if (place.keyFile !== null) await checkKeyFile(place.keyFile);
  if (place.name === 'ssh') return sshMachines(place);
  throw new Error(`--provider ${place.name} is not wired yet`);
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
      hostKeyAlias: null,
      hostKey,
      configFile: null,
    },
  );
}

/** Keys of hosts that are kept from run to run, so that a changed one is noticed. */
function knownHosts(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'brickyard', 'known_hosts');
}
