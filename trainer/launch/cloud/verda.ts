/**
 * Verda over REST. It knows no idempotency, no limit of a machine's time and no notice of an eviction, and what an
 * evicted machine leaves behind goes on costing: so names are unique and looked for before a request is made again, and
 * a left-over OS volume is found like a machine that stands still.
 */
import {
  type Clock,
  type Cloud,
  CloudError,
  type CreateRequest,
  type Machine,
  type MachineRef,
  type MachineState,
  type Offer,
} from '../remote/ports.ts';
import { RUN_LABEL } from '../remote/supervisor-plan.ts';
import { startupScript } from '../ssh/dead-mans-guard.ts';
import type { VerdaApi, VerdaInstance, VerdaVolume } from './verda-api.ts';
import { descriptionOf, isNamedFor, labelsOf, OS_VOLUME_END, runOf, tagsOf } from './verda-labels.ts';

export interface VerdaOptions {
  api: VerdaApi;
  clock: Clock;
  /** Such as H100, the first part of a type's name; empty with `types`. */
  gpu: string;
  gpus: number;
  /** Empty: all with that GPU and count. */
  types: readonly string[];
  /** Empty: all. */
  locations: readonly string[];
  spot: boolean;
  image: string;
  osVolumeGb: number;
  /** Boots from this OS volume, in its location, instead of an image; it is kept. */
  volume: { id: string; location: string } | null;
}

export const VERDA_DEFAULTS = {
  /** How long `create` watches for no_capacity, which comes after the id. */
  watchMs: 20_000,
  pollMs: 4_000,
} as const;

const STATES: Readonly<Record<string, MachineState>> = {
  new: 'starting',
  ordered: 'starting',
  provisioning: 'starting',
  validating: 'starting',
  pending: 'starting',
  running: 'running',
  offline: 'stopped',
  deleting: 'stopping',
  error: 'failed',
  no_capacity: 'failed',
  discontinued: 'gone',
  notfound: 'gone',
};

const VOLUME = 'volume:';

export class VerdaCloud implements Cloud {
  readonly name = 'verda';
  readonly #options: VerdaOptions;

  constructor(options: VerdaOptions) {
    this.#options = options;
  }

  /** What is in stock now, by price; all that fits when nothing is, so that the supervisor can wait for it. */
  async offers(): Promise<Offer[]> {
    const { api, spot, locations, volume } = this.#options;
    const [types, stock] = await Promise.all([api.types(), api.availability(spot)]);
    const fitting = types.filter((type) => this.#fits(type.instance_type, type.gpu?.number_of_gpus));
    const places = volume ? [volume.location] : locations.length > 0 ? locations : [...stock.keys()];
    const all = fitting.flatMap((type) =>
      places.map((zone) => ({
        zone,
        type: type.instance_type,
        gpu: gpuOf(type.instance_type) || this.#options.gpu,
        gpus: type.gpu?.number_of_gpus ?? this.#options.gpus,
        pricePerHourUsd: spot ? type.spot_price : type.price_per_hour,
      })),
    );
    const price = ({ pricePerHourUsd }: Offer): number => pricePerHourUsd ?? Number.MAX_VALUE;
    const inStock = all.filter(({ zone, type }) => stock.get(zone)?.includes(type));
    return (inStock.length > 0 ? inStock : all).sort((a, b) => price(a) - price(b) || 0);
  }

  async create(request: CreateRequest): Promise<MachineRef> {
    const { api } = this.#options;
    const { name, offer } = request;
    const ref = (id: string): MachineRef => ({ id, name, zone: offer.zone });
    const already = (await api.instances()).find(({ hostname }) => hostname === name);
    if (already) return ref(already.id);
    const keyId = await api.ensureNamed('sshkeys', name, { key: request.publicKey });
    const script = startupScript({ deadManS: request.deadManS, maxRunS: request.maxRunS });
    const scriptId = await api.ensureNamed('scripts', name, { script });
    try {
      const id = await api.createInstance(
        this.#body(request, keyId, scriptId),
        `creating ${name} in ${offer.zone}`,
      );
      await this.#watchForCapacity(ref(id));
      return ref(id);
    } catch (error) {
      if (error instanceof CloudError && error.fault !== 'transient') await this.#sweep(name);
      throw error;
    }
  }

  async describe(ref: MachineRef): Promise<Machine | null> {
    const { api } = this.#options;
    if (ref.id.startsWith(VOLUME)) {
      const volume = await api.volume(ref.id.slice(VOLUME.length));
      return volume === null || isDeleted(volume) ? null : leftOver(volume, {});
    }
    const instance = await api.instance(ref.id);
    return instance === null ? null : this.#machine(instance);
  }

  async find(labels: Readonly<Record<string, string>>): Promise<Machine[]> {
    const { api } = this.#options;
    const [instances, volumes] = [await api.instances(), await api.volumes()];
    const machines = instances
      .map((instance) => this.#machine(instance))
      .filter(
        ({ labels: own, state }) =>
          state !== 'gone' && Object.entries(labels).every(([k, v]) => own[k] === v),
      );
    const left = volumes.filter(
      (volume) =>
        volume.id !== this.#options.volume?.id &&
        isLeftOver(volume, instances) &&
        isNamedFor(machineNameOf(volume), labels),
    );
    return [...machines, ...left.map((volume) => leftOver(volume, labels))];
  }

  async start({ id, name }: MachineRef): Promise<void> {
    await this.#options.api.act(id, 'start', `starting ${name}`);
  }

  async stop({ id, name }: MachineRef): Promise<void> {
    await this.#options.api.act(id, 'shutdown', `stopping ${name}`);
  }

  async delete(ref: MachineRef): Promise<void> {
    const { api, volume } = this.#options;
    if (!ref.id.startsWith(VOLUME)) {
      const instance = await api.instance(ref.id);
      const disk = instance?.os_volume_id;
      // Without volume_ids the OS volume goes and the rest stays; [] keeps all.
      const volume_ids = disk && disk !== volume?.id ? [disk] : [];
      try {
        if (instance && STATES[instance.status] !== 'gone')
          await api.act(ref.id, 'delete', `deleting ${ref.name}`, { volume_ids, delete_permanently: true });
      } catch (error) {
        if (!(error instanceof CloudError && error.fault === 'not-found')) throw error;
      }
    }
    await this.#sweep(ref.name);
  }

  /**
   * The OS volume that a run of these labels goes on from: what its last machine left behind (each went on from the
   * furthest step of those before it), or, once that was done, the one that its machine was booted from.
   */
  async volumeLeftBy(labels: Readonly<Record<string, string>>): Promise<VerdaVolume | undefined> {
    const { api } = this.#options;
    const [instances, volumes] = [await api.instances(), await api.volumes()];
    const mine = volumes.filter((volume) => isNamedFor(machineNameOf(volume), labels));
    const booted = instances.flatMap(({ hostname, os_volume_id }) =>
      isNamedFor(hostname, labels)
        ? mine.filter((volume) => volume.id === os_volume_id && machineNameOf(volume) !== hostname)
        : [],
    );
    const left = mine.filter((volume) => isLeftOver(volume, instances));
    return [...booted, ...left].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })).at(-1);
  }

  #fits(type: string, gpus: number | undefined): boolean {
    const { types, gpu, gpus: wanted } = this.#options;
    if (types.length > 0) return types.includes(type);
    return gpuOf(type) === gpu && (gpus ?? Number(/^\d+/.exec(type)?.[0])) === wanted;
  }

  #body({ offer, name, labels }: CreateRequest, keyId: string, scriptId: string): object {
    const { image, osVolumeGb, spot, volume } = this.#options;
    const disk = {
      name: `${name}${OS_VOLUME_END}`,
      size: osVolumeGb,
      ...(spot && { on_spot_discontinue: 'keep_detached' }),
    };
    return {
      instance_type: offer.type,
      image: volume?.id ?? image,
      hostname: name,
      description: descriptionOf(labels),
      tags: tagsOf(labels),
      ssh_key_ids: [keyId],
      startup_script_id: scriptId,
      location_code: offer.zone,
      is_spot: spot,
      ...(spot && { contract: 'SPOT' }),
      ...(volume === null && { os_volume: disk }),
    };
  }

  /** The order is taken first and refused afterwards. @throws CloudError `stockout` */
  async #watchForCapacity(ref: MachineRef): Promise<void> {
    const { api, clock } = this.#options;
    const untilMs = clock.nowMs() + VERDA_DEFAULTS.watchMs;
    for (;;) {
      const status = await this.#statusNow(api, ref.id);
      if (status === 'no_capacity') {
        await this.delete(ref);
        throw new CloudError('stockout', `Verda, creating ${ref.name} in ${ref.zone}: no capacity`);
      }
      if (!['new', 'ordered', 'pending', ''].includes(status) || clock.nowMs() >= untilMs) return;
      await clock.sleep(VERDA_DEFAULTS.pollMs);
    }
  }

  /** Empty when it could not be asked: the machine was ordered, and the next look says. */
  async #statusNow(api: VerdaApi, id: string): Promise<string> {
    try {
      return (await api.instance(id))?.status ?? '';
    } catch {
      return '';
    }
  }

  /** What a machine of that name leaves on the account: OS volume, key, script. */
  async #sweep(name: string): Promise<void> {
    const { api, volume } = this.#options;
    const instances = await api.instances();
    for (const one of await api.volumes())
      if (machineNameOf(one) === name && one.id !== volume?.id && isLeftOver(one, instances))
        await api.deleteVolume(one.id);
    await api.deleteNamed('sshkeys', name);
    await api.deleteNamed('scripts', name);
  }

  #machine(instance: VerdaInstance): Machine {
    const { gpu, gpus, spot } = this.#options;
    const state = STATES[instance.status] ?? 'stopping';
    const { instance_type: type, price_per_hour: pricePerHourUsd } = instance;
    return {
      id: instance.id,
      name: instance.hostname,
      zone: instance.location ?? '',
      state,
      address: instance.ip || null,
      // It gives no reason; a spot machine that is gone without having been deleted was taken away.
      preempted: state === 'gone' && (instance.is_spot ?? spot),
      labels: labelsOf(instance),
      offer: { zone: instance.location ?? '', type, gpu: gpuOf(type) || gpu, gpus, pricePerHourUsd },
    };
  }
}

/** 4H100.80S.176V -> H100; names of later types may differ, and are then named in full. */
function gpuOf(type: string): string {
  return /^\d+([A-Za-z][A-Za-z0-9]*)/.exec(type)?.[1] ?? '';
}

function machineNameOf({ name }: VerdaVolume): string {
  return name.endsWith(OS_VOLUME_END) ? name.slice(0, -OS_VOLUME_END.length) : '';
}

function isDeleted({ status }: VerdaVolume): boolean {
  return ['deleted', 'deleting', 'canceled', 'canceling'].includes(status);
}

/** Detached, and no machine of that name is there that would take it along when it is deleted. */
function isLeftOver(volume: VerdaVolume, instances: readonly VerdaInstance[]): boolean {
  if (isDeleted(volume) || volume.status === 'attached') return false;
  const name = machineNameOf(volume);
  return !instances.some(({ hostname, status }) => hostname === name && STATES[status] !== 'gone');
}

function leftOver(volume: VerdaVolume, labels: Readonly<Record<string, string>>): Machine {
  const zone = volume.location ?? '';
  const offer = { zone, type: 'volume', gpu: '', gpus: 0, pricePerHourUsd: null };
  return {
    id: `${VOLUME}${volume.id}`,
    name: machineNameOf(volume),
    zone,
    state: 'stopped',
    address: null,
    preempted: false,
    labels: { ...labels, [RUN_LABEL]: runOf(machineNameOf(volume)) ?? '' },
    offer,
  };
}
