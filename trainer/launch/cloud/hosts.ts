/** Hosts that are there anyway, as a Cloud: nothing is made, started or stopped. */
import { type Cloud, CloudError, type Machine, type MachineRef, type Offer } from '../remote/ports.ts';

export interface ExistingHost {
  /** As ssh reaches it. */
  address: string;
  gpu?: string;
  gpus?: number;
  /** What somebody pays for it; null: nobody says. */
  pricePerHourUsd?: number | null;
}

export class HostsCloud implements Cloud {
  readonly name = 'ssh';
  readonly #hosts: readonly ExistingHost[];

  constructor(hosts: readonly ExistingHost[]) {
    this.#hosts = hosts;
  }

  /** How the supervisor names it: plan.existing. */
  static ref(address: string): MachineRef {
    return { id: address, name: address, zone: address };
  }

  async offers(): Promise<Offer[]> {
    return this.#hosts.map(offerOf);
  }

  async create(): Promise<MachineRef> {
    throw new CloudError('invalid', 'a host that is reached by ssh cannot be made', 'everywhere');
  }

  /** Always running: whether it answers, ssh finds out. */
  async describe({ id }: MachineRef): Promise<Machine | null> {
    const host = this.#hosts.find(({ address }) => address === id);
    if (!host) return null;
    const offer = offerOf(host);
    return { ...HostsCloud.ref(id), state: 'running', address: id, preempted: false, labels: {}, offer };
  }

  /** Nothing on them is ever a machine that a run made. */
  async find(): Promise<Machine[]> {
    return [];
  }

  async start(): Promise<void> {}

  /** Left as it was found. */
  async stop(): Promise<void> {}

  async delete({ name }: MachineRef): Promise<void> {
    throw new CloudError('invalid', `${name} is the user's own and is not deleted`);
  }
}

function offerOf({ address, gpu = '', gpus = 0, pricePerHourUsd = null }: ExistingHost): Offer {
  return { zone: address, type: 'host', gpu, gpus, pricePerHourUsd };
}
