/**
 * Verda's REST API as far as a training needs it. Behind each behaviour stands its source, as in the notes on cloud
 * APIs: [V vpy] its Python SDK, [V vgo] its Go SDK, [V dst] dstack, which learnt them in use. Time goes on by `advance`.
 */
import { type JsonAnswer, type JsonRequest, JsonServer } from './http-json.ts';

interface Instance {
  id: string;
  hostname: string;
  description: string;
  location: string;
  instance_type: string;
  is_spot: boolean;
  ssh_key_ids: string[];
  startup_script_id: string | null;
  os_volume_id: string;
  orderedMs: number;
  /** Null: by time. */
  status: string | null;
  /** Comes after the order was taken. */
  noCapacity: boolean;
  onSpotDiscontinue: string;
}

interface Volume {
  id: string;
  name: string;
  location: string;
  status: string;
  is_os_volume: boolean;
  size: number;
}

const PROVISIONED_MS = 60_000;
const VALIDATED_MS = 80_000;
const DELETED_MS = 20_000;

export class VerdaServer {
  readonly server: JsonServer;
  readonly instances = new Map<string, Instance>();
  readonly volumes = new Map<string, Volume>();
  readonly sshkeys = new Map<string, { id: string; name: string; key: string }>();
  readonly scripts = new Map<string, { id: string; name: string; script: string }>();
  /** [V vpy] Prices come as strings. */
  types = [
    type('1H100.80S.30V', 1, '2.29', '0.80'),
    type('4H100.80S.176V', 4, '9.16', '3.20'),
    type('1A100.22V', 1, '1.29', '0.45'),
  ];
  stock: Record<string, string[]> = { 'FIN-01': ['1H100.80S.30V', '1A100.22V'], 'ICE-01': ['1H100.80S.30V'] };
  /** Every order is taken and refused afterwards. */
  noCapacity = false;
  /** [V vgo] The id of a new instance comes as plain text, sometimes as JSON. */
  idAsJson = false;
  /** [V vgo] 207: a result for each instance. */
  partial = false;
  readonly credentials = { id: 'client', secret: 'secret' };
  tokenLifeS = 3600;
  nowMs = Date.parse('2026-11-21T12:00:00Z');
  #tokens = new Map<string, number>();
  #refreshes = new Set<string>();
  #count = 0;

  constructor() {
    this.server = new JsonServer((request) => this.#handle(request));
  }

  listen(): Promise<string> {
    return this.server.listen();
  }

  advance(durationMs: number): void {
    this.nowMs += durationMs;
    for (const [id, instance] of this.instances)
      if (instance.status === 'deleting' && this.nowMs > instance.orderedMs + DELETED_MS)
        this.instances.delete(id);
  }

  /**
   * A spot machine is taken away: no notice, no reason. [V] What becomes of its OS volume says on_spot_discontinue;
   * detached it goes on costing.
   */
  evict(id: string): void {
    const instance = this.instances.get(id)!;
    instance.status = 'discontinued';
    const volume = this.volumes.get(instance.os_volume_id)!;
    if (instance.onSpotDiscontinue === 'keep_detached') volume.status = 'detached';
    else this.volumes.delete(volume.id);
  }

  revokeTokens(): void {
    this.#tokens.clear();
    this.#refreshes.clear();
  }

  #handle(request: JsonRequest): JsonAnswer {
    this.advance(10);
    if (request.path === '/oauth2/token') return this.#token(request);
    const token = request.authorization?.replace(/^Bearer /, '') ?? '';
    if ((this.#tokens.get(token) ?? 0) < this.nowMs)
      return refusal(401, 'unauthorized_request', 'Access token is not valid');
    const [, kind, id] = /^\/([\w-]+)(?:\/([\w-]+))?$/.exec(request.path) ?? [];
    if (kind === 'instances') return this.#onInstances(request, id);
    if (kind === 'volumes') return this.#onVolumes(request, id);
    if (kind === 'sshkeys' || kind === 'scripts') return this.#onNamed(request, kind, id);
    if (kind === 'instance-types') return { status: 200, body: this.types };
    if (kind === 'instance-availability')
      return {
        status: 200,
        body: Object.entries(this.stock).map(([location_code, availabilities]) => ({
          location_code,
          availabilities,
        })),
      };
    if (kind === 'balance') return { status: 200, body: { amount: 12.5, currency: 'usd' } };
    return refusal(404, 'not_found', 'not found');
  }

  #token({ body }: JsonRequest): JsonAnswer {
    const said = body as Record<string, string>;
    // [V vpy] A refresh token that is no longer taken answers 400 or 401: authenticate again.
    if (said.grant_type === 'refresh_token' && !this.#refreshes.delete(said.refresh_token))
      return refusal(400, 'invalid_request', 'Invalid token');
    const isRight = said.client_id === this.credentials.id && said.client_secret === this.credentials.secret;
    if (said.grant_type === 'client_credentials' && !isRight)
      return refusal(401, 'unauthorized_request', 'Invalid client id or client secret');
    const access_token = `access-${++this.#count}`;
    const refresh_token = `refresh-${this.#count}`;
    this.#tokens.set(access_token, this.nowMs + this.tokenLifeS * 1000);
    this.#refreshes.add(refresh_token);
    return {
      status: 200,
      body: {
        access_token,
        refresh_token,
        expires_in: this.tokenLifeS,
        scope: 'cloud-api-v1',
        token_type: 'Bearer',
      },
    };
  }

  #onInstances(request: JsonRequest, id: string | undefined): JsonAnswer {
    if (request.method === 'POST') return this.#create(request.body as Record<string, unknown>);
    if (request.method === 'PUT')
      return this.#act(request.body as { id: string[]; action: string; volume_ids?: string[] });
    const all = [...this.instances.values()].map((one) => this.#instanceBody(one));
    if (id === undefined) return { status: 200, body: all };
    const found = this.instances.get(id);
    // [V dst] "Invalid instance id" for one that is long gone.
    return found
      ? { status: 200, body: this.#instanceBody(found) }
      : refusal(400, 'invalid_request', 'Invalid instance id');
  }

  #create(body: Record<string, unknown>): JsonAnswer {
    const id = `instance-${++this.#count}`;
    const image = String(body.image);
    const location = String(body.location_code);
    const booted = this.volumes.get(image);
    if (booted && booted.location !== location)
      return refusal(400, 'invalid_request', 'OS volume is in another location');
    const wanted = body.os_volume as { name: string; size: number; on_spot_discontinue?: string } | undefined;
    const volume = booted ?? {
      id: `volume-${this.#count}`,
      name: wanted?.name ?? 'os',
      location,
      status: 'attached',
      is_os_volume: true,
      size: wanted?.size ?? 50,
    };
    volume.status = 'attached';
    this.volumes.set(volume.id, volume);
    this.instances.set(id, {
      id,
      hostname: String(body.hostname),
      description: String(body.description),
      location,
      instance_type: String(body.instance_type),
      is_spot: body.is_spot === true,
      ssh_key_ids: (body.ssh_key_ids ?? []) as string[],
      startup_script_id: (body.startup_script_id ?? null) as string | null,
      os_volume_id: volume.id,
      orderedMs: this.nowMs,
      status: null,
      noCapacity: this.noCapacity,
      // [V] What was done before it could be said.
      onSpotDiscontinue: wanted?.on_spot_discontinue ?? 'keep_detached',
    });
    return { status: 202, body: this.idAsJson ? JSON.stringify(id) : id };
  }

  #act({
    id: [id],
    action,
    volume_ids,
  }: {
    id: string[];
    action: string;
    volume_ids?: string[];
  }): JsonAnswer {
    const instance = this.instances.get(id);
    const refused = (message: string): JsonAnswer =>
      this.partial
        ? {
            status: 207,
            body: [{ instance_id: id, action, status: 'error', statusCode: 400, error: message }],
          }
        : refusal(400, 'invalid_request', message);
    if (!instance) return refused('Invalid instance id');
    const status = this.#statusOf(instance);
    if (action === 'delete') {
      // [V dst, dst#3031] Not while it is provisioned; retry later. Gone already is success.
      if (status === 'provisioning') return refused("Can't discontinue a provisioning instance");
      if (status === 'discontinued') return refused("Can't discontinue a discontinued instance");
      // [V vgo] volume_ids omitted: the OS volume is deleted, the rest detached; []: none is deleted.
      if (volume_ids === undefined || volume_ids.includes(instance.os_volume_id))
        this.volumes.delete(instance.os_volume_id);
      else this.volumes.get(instance.os_volume_id)!.status = 'detached';
      instance.status = 'deleting';
      instance.orderedMs = this.nowMs;
    } else if (action === 'shutdown') instance.status = 'offline';
    else if (action === 'start')
      Object.assign(instance, { status: null, orderedMs: this.nowMs - PROVISIONED_MS });
    else return refused(`unknown action ${action}`);
    return this.partial
      ? { status: 207, body: [{ instance_id: id, action, status: 'success', statusCode: 202 }] }
      : { status: 202 };
  }

  #onVolumes(request: JsonRequest, id: string | undefined): JsonAnswer {
    if (id === undefined) return { status: 200, body: [...this.volumes.values()] };
    const volume = this.volumes.get(id);
    if (!volume) return refusal(404, 'not_found', 'Volume not found');
    if (request.method !== 'DELETE') return { status: 200, body: volume };
    if (volume.status === 'attached') return refusal(400, 'invalid_request', 'Volume is attached');
    this.volumes.delete(id);
    return { status: 202 };
  }

  #onNamed(request: JsonRequest, kind: 'sshkeys' | 'scripts', id: string | undefined): JsonAnswer {
    const kept = this[kind] as Map<string, { id: string; name: string }>;
    if (request.method === 'GET') return { status: 200, body: [...kept.values()] };
    if (request.method === 'DELETE')
      return kept.delete(id!) ? { status: 200 } : refusal(404, 'not_found', 'not found');
    const made = { id: `${kind}-${++this.#count}`, ...(request.body as { name: string }) };
    kept.set(made.id, made);
    return { status: 201, body: made.id };
  }

  /** [V] new ordered provisioning validating running offline pending deleting error no_capacity discontinued notfound */
  #statusOf({ status, orderedMs, noCapacity }: Instance): string {
    if (status !== null) return status;
    const ageMs = this.nowMs - orderedMs;
    if (ageMs < 5_000) return 'ordered';
    if (noCapacity) return 'no_capacity';
    return ageMs < PROVISIONED_MS ? 'provisioning' : ageMs < VALIDATED_MS ? 'validating' : 'running';
  }

  #instanceBody(instance: Instance): object {
    const { orderedMs: _o, noCapacity: _n, onSpotDiscontinue: _s, ...body } = instance;
    const status = this.#statusOf(instance);
    const price_per_hour = this.types.find(
      ({ instance_type }) => instance_type === instance.instance_type,
    )?.spot_price;
    // Tags are not in every answer: this one leaves them out.
    return { ...body, status, price_per_hour, ip: status === 'running' ? '198.51.100.4' : null };
  }
}

function type(instance_type: string, number_of_gpus: number, price_per_hour: string, spot_price: string) {
  return { instance_type, gpu: { number_of_gpus }, price_per_hour, spot_price };
}

function refusal(status: number, code: string, message: string): JsonAnswer {
  return { status, body: { code, message } };
}
