/**
 * Google Compute Engine over REST. Every change answers with an operation; whether it happened, and a stock-out, is
 * said by the operation alone. An instance of the user's own is started and stopped; others are made and deleted.
 */
import { z } from 'zod';
import {
  type Clock,
  type Cloud,
  CloudError,
  type CreateRequest,
  type Machine,
  type MachineRef,
  type Offer,
} from '../remote/ports.ts';
import { httpFault, operationFault } from './gcp-faults.ts';
import {
  type GcpImage,
  type GcpInstance,
  insertBody,
  instanceSchema,
  lastPart,
  machineOf,
  metadataWithKey,
  metadataWithoutKey,
} from './gcp-instance.ts';
import { type Fetch, type RestAnswer, RestClient, type RestRequest, type Token } from './rest.ts';

export const COMPUTE_BASE = 'https://compute.googleapis.com/compute/v1';

export interface GcpOptions extends GcpImage {
  project: string;
  /** Where and what to make, by preference. */
  wanted: readonly Offer[];
  /** The user's own instance takes this key for `user`, when it does not have it; null: its keys stay as they are. */
  existing: { name: string; publicKey: string | null } | null;
  /** Of any machine whose offer nobody kept. */
  pricePerHourUsd: number | null;
  token: Token;
  clock: Clock;
  base?: string;
  fetch?: Fetch;
}

export const GCP_DEFAULTS = {
  operationPollMs: 2000,
  /** Stock-outs are known by then; the supervisor gives one call a minute. */
  operationWaitMs: 35_000,
} as const;

const operationSchema = z.looseObject({
  name: z.string(),
  status: z.string(),
  zone: z.string().optional(),
  error: z
    .looseObject({ errors: z.array(z.looseObject({ code: z.string(), message: z.string().optional() })) })
    .optional(),
  operationType: z.string().optional(),
  targetId: z.string().optional(),
  insertTime: z.string().optional(),
});
type Operation = z.infer<typeof operationSchema>;

const UP = ['RUNNING', 'PROVISIONING', 'STAGING', 'PENDING'];
const PREEMPTED = 'compute.instances.preempted';

export class GcpCloud implements Cloud {
  readonly name = 'gcp';
  readonly #options: GcpOptions;
  readonly #rest: RestClient;

  constructor(options: GcpOptions) {
    this.#options = options;
    const base = `${options.base ?? COMPUTE_BASE}/projects/${options.project}`;
    this.#rest = new RestClient({ base, token: options.token, fetch: options.fetch });
  }

  /** Of the wanted ones those whose zone knows the machine type. */
  async offers(): Promise<Offer[]> {
    const found: Offer[] = [];
    for (const offer of this.#options.wanted) {
      const path = `/zones/${offer.zone}/machineTypes/${offer.type}`;
      const answer = await this.#rest.send({ method: 'GET', path });
      if (answer.status === 200) found.push(offer);
      else if (answer.status !== 404) throw httpFault(answer, `looking for ${offer.type} in ${offer.zone}`);
    }
    const price = ({ pricePerHourUsd }: Offer): number => pricePerHourUsd ?? Number.MAX_VALUE;
    return found.sort((a, b) => price(a) - price(b) || 0);
  }

  async create(request: CreateRequest): Promise<MachineRef> {
    const { name, offer, requestId } = request;
    const what = `creating ${name} in ${offer.zone}`;
    const ref = { id: name, name, zone: offer.zone };
    const body = insertBody(request, this.#options);
    const answer = await this.#rest.send({
      method: 'POST',
      path: `/zones/${offer.zone}/instances`,
      query: { requestId },
      body,
    });
    // Names are this run's own: whoever has it was made by a request whose answer was lost.
    if (answer.status === 409) return ref;
    if (answer.status === 404) throw new CloudError('invalid', httpFault(answer, what).message);
    await this.#finished(answer, offer.zone, what);
    return ref;
  }

  async describe(ref: MachineRef): Promise<Machine | null> {
    const instance = await this.#instance(ref);
    if (instance === null) return null;
    await this.#authorize(instance, ref);
    return this.#machine(instance);
  }

  async find(labels: Readonly<Record<string, string>>): Promise<Machine[]> {
    const filter = Object.entries(labels)
      .map(([key, value]) => `(labels.${key} = "${value}")`)
      .join(' ');
    const found: Machine[] = [];
    let pageToken: string | undefined;
    do {
      const query = { filter, ...(pageToken === undefined ? {} : { pageToken }) };
      const answer = await this.#rest.send({ method: 'GET', path: '/aggregated/instances', query });
      const page = read(answer, aggregatedSchema, 'listing instances');
      for (const { instances = [] } of Object.values(page.items ?? {}))
        for (const instance of instances) found.push(await this.#machine(instance));
      pageToken = page.nextPageToken;
    } while (pageToken);
    return found.filter(({ labels: own }) =>
      Object.entries(labels).every(([key, value]) => own[key] === value),
    );
  }

  async start(ref: MachineRef): Promise<void> {
    await this.#change({ method: 'POST', path: `${pathOf(ref)}/start` }, ref, `starting ${ref.name}`);
  }

  async stop(ref: MachineRef): Promise<void> {
    await this.#takeKeyAway(ref);
    // Machines with local SSDs are not stopped without it; what lies there is scratch.
    const query = { discardLocalSsd: 'true' };
    await this.#change({ method: 'POST', path: `${pathOf(ref)}/stop`, query }, ref, `stopping ${ref.name}`);
  }

  async delete(ref: MachineRef): Promise<void> {
    if (ref.name === this.#options.existing?.name)
      throw new CloudError('invalid', `${ref.name} is the user's own and is not deleted`);
    const answer = await this.#rest.send({ method: 'DELETE', path: pathOf(ref) });
    if (answer.status === 404) return;
    await this.#finished(answer, ref.zone, `deleting ${ref.name}`);
  }

  /** Which of these permissions the login has on the instance. */
  async permissions(wanted: readonly string[], ref: MachineRef): Promise<string[]> {
    const path = `${pathOf(ref)}/testIamPermissions`;
    const answer = await this.#rest.send({ method: 'POST', path, body: { permissions: wanted } });
    return read(answer, permissionsSchema, 'asking for permissions').permissions ?? [];
  }

  /** OAuth scopes of the instance: with storage read-only, uploads fail in spite of every role. Null: it is gone. */
  async scopes(ref: MachineRef): Promise<string[] | null> {
    const instance = await this.#instance(ref);
    return instance === null ? null : (instance.serviceAccounts ?? []).flatMap(({ scopes = [] }) => scopes);
  }

  async #instance(ref: MachineRef): Promise<GcpInstance | null> {
    const answer = await this.#rest.send({ method: 'GET', path: pathOf(ref) });
    return answer.status === 404 ? null : read(answer, instanceSchema, `looking at ${ref.name}`);
  }

  async #machine(instance: GcpInstance): Promise<Machine> {
    const isDown = !UP.includes(instance.status);
    const isSpot = instance.scheduling?.provisioningModel === 'SPOT';
    return machineOf(
      instance,
      isDown && isSpot && (await this.#wasPreempted(instance)),
      this.#offer(instance),
    );
  }

  /** TERMINATED gives no reason; the operation of the preemption does. */
  async #wasPreempted(instance: GcpInstance): Promise<boolean> {
    const filter = `(operationType = "${PREEMPTED}") (targetId = ${instance.id})`;
    const path = `/zones/${lastPart(instance.zone)}/operations`;
    const answer = await this.#rest.send({ method: 'GET', path, query: { filter } });
    const { items = [] } = read(answer, operationsSchema, `asking why ${instance.name} stopped`);
    const startedMs = Date.parse(instance.lastStartTimestamp ?? '') || 0;
    return items.some(
      ({ operationType, targetId, insertTime }) =>
        operationType === PREEMPTED &&
        targetId === instance.id &&
        (Date.parse(insertTime ?? '') || startedMs) >= startedMs,
    );
  }

  #offer(instance: GcpInstance): Offer {
    const zone = lastPart(instance.zone);
    const type = lastPart(instance.machineType);
    const known = this.#options.wanted.find((one) => one.zone === zone && one.type === type);
    if (known) return known;
    const [gpu] = instance.guestAccelerators ?? [];
    return {
      zone,
      type,
      gpu: gpu ? lastPart(gpu.acceleratorType) : '',
      gpus: gpu?.acceleratorCount ?? 0,
      pricePerHourUsd: this.#options.pricePerHourUsd,
    };
  }

  /** While it is up: its agent takes new keys over within seconds. */
  async #authorize(instance: GcpInstance, ref: MachineRef): Promise<void> {
    const publicKey = this.#keyFor(ref);
    if (publicKey === null || !UP.includes(instance.status)) return;
    const body = metadataWithKey(instance, this.#options.user, publicKey);
    if (body !== undefined) await this.#setMetadata(ref, body, `giving ${ref.name} the ssh key`);
  }

  async #takeKeyAway(ref: MachineRef): Promise<void> {
    const publicKey = this.#keyFor(ref);
    const instance = publicKey === null ? null : await this.#instance(ref);
    if (publicKey === null || instance === null) return;
    const body = metadataWithoutKey(instance, this.#options.user, publicKey);
    if (body !== undefined) await this.#setMetadata(ref, body, `taking the ssh key from ${ref.name}`);
  }

  #keyFor({ name }: MachineRef): string | null {
    const { existing } = this.#options;
    return existing?.name === name ? existing.publicKey : null;
  }

  async #setMetadata(ref: MachineRef, body: object, what: string): Promise<void> {
    await this.#change({ method: 'POST', path: `${pathOf(ref)}/setMetadata`, body }, ref, what);
  }

  async #change(request: RestRequest, ref: MachineRef, what: string): Promise<void> {
    await this.#finished(await this.#rest.send(request), ref.zone, what);
  }

  /** Waits a while for the operation; one that goes on longer is taken for done, and the next look says. */
  async #finished(answer: RestAnswer, zone: string, what: string): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + GCP_DEFAULTS.operationWaitMs;
    let operation = read(answer, operationSchema, what);
    while (operation.status !== 'DONE' && clock.nowMs() < untilMs) {
      await clock.sleep(GCP_DEFAULTS.operationPollMs);
      operation = (await this.#operation(operation.name, zone, what)) ?? operation;
    }
    const errors = operation.error?.errors ?? [];
    if (errors.length > 0) throw operationFault(errors, what);
  }

  async #operation(name: string, zone: string, what: string): Promise<Operation | undefined> {
    try {
      return read(
        await this.#rest.send({ method: 'GET', path: `/zones/${zone}/operations/${name}` }),
        operationSchema,
        what,
      );
    } catch (error) {
      // The change itself was accepted: asked again until the time is over.
      if (error instanceof CloudError && error.fault === 'transient') return undefined;
      throw error;
    }
  }
}

const aggregatedSchema = z.looseObject({
  items: z.record(z.string(), z.looseObject({ instances: z.array(instanceSchema).optional() })).optional(),
  nextPageToken: z.string().optional(),
});
const permissionsSchema = z.looseObject({ permissions: z.array(z.string()).optional() });
const operationsSchema = z.looseObject({ items: z.array(operationSchema).optional() });

function pathOf({ name, zone }: MachineRef): string {
  return `/zones/${zone}/instances/${name}`;
}

function read<T>(answer: RestAnswer, schema: z.ZodType<T>, what: string): T {
  if (answer.status < 200 || answer.status > 299) throw httpFault(answer, what);
  const parsed = schema.safeParse(answer.json);
  if (parsed.success) return parsed.data;
  throw new CloudError(
    'transient',
    `Compute Engine, ${what}: an answer that is none: ${answer.text.slice(0, 120)}`,
  );
}
