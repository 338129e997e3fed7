/**
 * A host that is looked at before anything large goes there, and that proves it can write to storage before anything is
 * trained: its account is another one than ours.
 */
import { hostFactsScript, hostFindings, parseHostFacts } from '../preflight/host-checks.ts';
import type { Finding } from '../preflight/run-checks.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { folderContents } from '../ssh/folder-files.ts';
import type { SshHost } from '../ssh/host.ts';
import type { RemoteLayout } from '../ssh/remote-layout.ts';
import { uploadFolder } from '../ssh/upload.ts';
import { type Host, HostError, type Machine } from './ports.ts';
import type { RunPlan } from './run-plan.ts';

/** GPUs that are paid for by number. */
const gpusWanted = ({ place }: RunPlan): number =>
  place.name === 'ssh' || (place.name === 'gcp' && place.gpu === '') ? 0 : place.gpus;

/** Over the connection that ssh has anyway. @throws HostError when it cannot be reached */
export async function lookAtHost(
  ssh: Pick<SshConnection, 'demand'>,
  plan: RunPlan,
  nowMs: () => number,
): Promise<Finding[]> {
  const askedAtMs = nowMs();
  const { folder } = plan.place;
  const text = await ssh.demand(['sh', '-s', folder], { stdin: hostFactsScript(), timeoutS: 60 });
  return hostFindings(parseHostFacts(text.toString()), {
    folder,
    gpus: gpusWanted(plan),
    datasetBytes: null,
    installs: plan.environment.python === null,
    askedAtMs,
    answeredAtMs: nowMs(),
  });
}

export interface CheckedHostOptions {
  host: SshHost;
  plan: RunPlan;
  connect(machine: Machine): SshConnection;
  /** The checkpoint to start from is in that folder there, before `host.prepare`. */
  onStartSent(folder: string): void;
  nowMs(): number;
  say(line: string): void;
}

/** The same host, whose `prepare` checks first. */
export function checkedHost({ host, plan, connect, onStartSent, nowMs, say }: CheckedHostOptions): Host {
  const said = new Set<string>();
  return {
    prepare: async (machine) => {
      await look(machine);
      const layout = await host.prepareTools(machine);
      // Again although it went well from here: the machine's account and its scopes are others.
      await probe(machine);
      if (plan.initFrom !== null) await sendStart(machine, plan.initFrom, layout);
      await host.prepare(machine);
    },
    launch: (machine, launch) => host.launch(machine, launch),
    status: (machine) => host.status(machine),
    renew: (machine, deadManS) => host.renew(machine, deadManS),
    log: (machine, fromByte) => host.log(machine, fromByte),
    interrupt: (machine) => host.interrupt(machine),
    kill: (machine) => host.kill(machine),
    fetchOutputs: (machine, into) => host.fetchOutputs(machine, into),
  };

  async function look(machine: Machine): Promise<void> {
    const ssh = connect(machine);
    try {
      const findings = await lookAtHost(ssh, plan, nowMs);
      for (const { kind, message } of findings) {
        const line = `${machine.address}: ${message}`;
        if (kind !== 'fault' && !said.has(line)) say(line);
        said.add(line);
      }
      const faults = findings.filter(({ kind }) => kind === 'fault').map(({ message }) => message);
      if (faults.length > 0) throw new HostError('setup-failed', faults.join('; '));
    } finally {
      ssh.close();
    }
  }

  async function sendStart(machine: Machine, folder: string, layout: RemoteLayout): Promise<void> {
    const contents = await folderContents(folder);
    const into = layout.dataset(contents.hash);
    const ssh = connect(machine);
    try {
      await uploadFolder(ssh, contents, into);
    } finally {
      ssh.close();
    }
    onStartSent(into);
  }

  async function probe(machine: Machine): Promise<void> {
    try {
      const url = `${plan.out}/${plan.runId}`;
      await host.runPython(machine, ['-m', 'brickyard_trainer.publishing', 'probe', url]);
    } catch (error) {
      if (!(error instanceof HostError) || error.fault !== 'setup-failed') throw error;
      throw new HostError(
        'setup-failed',
        `the machine cannot use ${plan.out}, although this one can: ${error.message}`,
      );
    }
  }
}
