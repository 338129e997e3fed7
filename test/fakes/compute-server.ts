/**
 * Compute Engine's REST API as far as a training needs it. Behind each behaviour stands its source, as in the notes on
 * cloud APIs: [V] read in source or documentation, [M] from memory. Time goes on by `advance`, or with each request.
 */
import { type JsonAnswer, type JsonRequest, JsonServer } from './http-json.ts';

interface Instance {
  id: string;
  name: string;
  zone: string;
  status: string;
  spot: boolean;
  body: Record<string, unknown> & {
    labels?: Record<string, string>;
    metadata?: { items?: { key: string; value: string }[] };
  };
  lastStartMs: number;
  metadataVersion: number;
}

interface Operation {
  name: string;
  zone: string;
  operationType: string;
  targetId: string;
  insertMs: number;
  doneMs: number;
  finish?: () => void;
  error?: { code: string; message: string };
}

export interface ComputeFakeOptions {
  /** Tokens that are taken; empty: any. */
  tokens?: string[];
  /** How long an operation takes. */
  operationMs?: number;
  bootMs?: number;
}

export class ComputeServer {
  readonly server: JsonServer;
  readonly instances = new Map<string, Instance>();
  readonly operations: Operation[] = [];
  /** Zones without stock. */
  readonly soldOut = new Set<string>();
  /** What the next insert's operation ends with. */
  insertError: { code: string; message: string } | undefined;
  machineTypes = new Set(['a2-highgpu-1g', 'n1-standard-8']);
  permissions = ['compute.instances.start', 'compute.instances.stop'];
  tokens: string[];
  nowMs = Date.parse('2026-11-21T12:00:00Z');
  readonly #requests = new Map<string, Operation>();
  readonly #operationMs: number;
  #count = 0;

  constructor({ tokens = [], operationMs = 3000 }: ComputeFakeOptions = {}) {
    this.tokens = tokens;
    this.#operationMs = operationMs;
    this.server = new JsonServer((request) => this.#handle(request));
  }

  listen(): Promise<string> {
    return this.server.listen();
  }

  /** A user's own machine. */
  add(name: string, zone: string, status: string, more: Record<string, unknown> = {}): Instance {
    const id = `${++this.#count}000000`;
    const body = { labels: {}, machineType: `zones/${zone}/machineTypes/a2-highgpu-1g`, ...more };
    const instance: Instance = {
      id,
      name,
      zone,
      status,
      spot: true,
      body,
      lastStartMs: this.nowMs,
      metadataVersion: 1,
    };
    this.instances.set(name, instance);
    return instance;
  }

  advance(durationMs: number): void {
    this.nowMs += durationMs;
    for (const operation of this.operations) if (operation.doneMs <= this.nowMs) this.#finish(operation);
  }

  /** [V op logs] A spot machine is taken away: an operation of its own, `systemevent-…`; TERMINATED gives no reason. */
  preempt(name: string): void {
    const instance = this.instances.get(name)!;
    instance.status = 'TERMINATED';
    const operation = this.#operation(instance.zone, 'compute.instances.preempted', instance.id, 0);
    operation.name = `systemevent-${operation.name}`;
  }

  #handle(request: JsonRequest): JsonAnswer {
    this.advance(10);
    const token = request.authorization?.replace(/^Bearer /, '');
    if (token === undefined || (this.tokens.length > 0 && !this.tokens.includes(token)))
      return refusal(401, 'authError', 'Invalid Credentials');
    const path = request.path.replace(/^\/projects\/[^/]+/, '');
    const [, zone, rest = ''] = /^\/zones\/([^/]+)\/(.*)$/.exec(path) ?? [];
    if (path === '/aggregated/instances') return this.#aggregated(request);
    if (zone === undefined) return refusal(404, 'notFound', 'Not Found');
    if (rest.startsWith('machineTypes/')) return this.#machineType(rest.slice('machineTypes/'.length));
    if (rest === 'operations') return this.#listOperations(request, zone);
    if (rest.startsWith('operations/')) return this.#operationNamed(rest.slice('operations/'.length));
    if (rest === 'instances' && request.method === 'POST') return this.#insert(request, zone);
    return this.#onInstance(request, zone, rest);
  }

  #machineType(type: string): JsonAnswer {
    return this.machineTypes.has(type)
      ? { status: 200, body: { name: type } }
      : refusal(404, 'notFound', 'not found');
  }

  #insert(request: JsonRequest, zone: string): JsonAnswer {
    const body = request.body as Instance['body'] & {
      name: string;
      scheduling?: { provisioningModel?: string };
    };
    // [V gcn] A requestId that comes again is ignored: the first one's operation is the answer.
    const requestId = request.query.get('requestId');
    const known = requestId === null ? undefined : this.#requests.get(requestId);
    if (known) return { status: 200, body: this.#operationBody(known) };
    if (this.instances.has(body.name))
      return refusal(409, 'alreadyExists', `The resource '${body.name}' already exists`);
    const operation = this.#operation(zone, 'insert', `${this.#count + 1}000000`, this.#operationMs);
    if (requestId !== null) this.#requests.set(requestId, operation);
    // [V sky; dst waits 30 s for it] HTTP 200 is only an operation; a stock-out arrives in operation.error.
    if (this.soldOut.has(zone))
      operation.error = {
        code: 'ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS',
        message: `The zone '${zone}' does not have enough resources available to fulfill the request.`,
      };
    if (this.insertError) operation.error = this.insertError;
    this.insertError = undefined;
    if (operation.error) return { status: 200, body: this.#operationBody(operation) };
    const instance = this.add(body.name, zone, 'PROVISIONING', body);
    instance.spot = body.scheduling?.provisioningModel === 'SPOT';
    operation.targetId = instance.id;
    operation.finish = () => {
      if (instance.status === 'PROVISIONING') instance.status = 'RUNNING';
    };
    return { status: 200, body: this.#operationBody(operation) };
  }

  #onInstance(request: JsonRequest, zone: string, rest: string): JsonAnswer {
    const [, name, verb] = /^instances\/([^/]+)(?:\/(\w+))?$/.exec(rest) ?? [];
    const instance = this.instances.get(name);
    if (!instance || instance.zone !== zone)
      return refusal(404, 'notFound', `The resource '${name}' was not found`);
    if (request.method === 'GET') return { status: 200, body: this.#instanceBody(instance) };
    if (verb === 'testIamPermissions') {
      const { permissions } = request.body as { permissions: string[] };
      return {
        status: 200,
        body: { permissions: permissions.filter((one) => this.permissions.includes(one)) },
      };
    }
    if (verb === 'setMetadata') {
      const metadata = request.body as { fingerprint: string; items: { key: string; value: string }[] };
      if (metadata.fingerprint !== `f${instance.metadataVersion}`)
        return refusal(
          412,
          'conditionNotMet',
          'Supplied fingerprint does not match current metadata fingerprint.',
        );
      instance.metadataVersion++;
      instance.body.metadata = { items: metadata.items };
      return this.#accepted(zone, 'setMetadata', instance);
    }
    if (request.method === 'DELETE') {
      instance.status = 'STOPPING';
      return this.#accepted(zone, 'delete', instance, () => this.instances.delete(name));
    }
    return verb === 'start' ? this.#start(instance) : this.#stop(instance);
  }

  #start(instance: Instance): JsonAnswer {
    const operation = this.#operation(instance.zone, 'start', instance.id, this.#operationMs);
    // [V sky] Still STOPPING: RESOURCE_NOT_READY.
    if (instance.status === 'STOPPING')
      return refusal(400, 'resourceNotReady', `The resource '${instance.name}' is not ready`);
    if (this.soldOut.has(instance.zone))
      operation.error = { code: 'ZONE_RESOURCE_POOL_EXHAUSTED', message: 'no stock' };
    else if (instance.status !== 'RUNNING') {
      instance.status = 'STAGING';
      instance.lastStartMs = this.nowMs;
      operation.finish = () => {
        if (instance.status === 'STAGING') instance.status = 'RUNNING';
      };
    }
    return { status: 200, body: this.#operationBody(operation) };
  }

  #stop(instance: Instance): JsonAnswer {
    if (instance.status !== 'TERMINATED') instance.status = 'STOPPING';
    return this.#accepted(instance.zone, 'stop', instance, () => {
      instance.status = 'TERMINATED';
    });
  }

  #accepted(zone: string, type: string, instance: Instance, finish?: () => void): JsonAnswer {
    const operation = this.#operation(zone, type, instance.id, this.#operationMs);
    operation.finish = finish;
    return { status: 200, body: this.#operationBody(operation) };
  }

  #aggregated(request: JsonRequest): JsonAnswer {
    const wanted = [...(request.query.get('filter') ?? '').matchAll(/labels\.([\w-]+) = "([^"]*)"/g)];
    const items: Record<string, { instances?: object[]; warning?: object }> = {
      // Zones without instances are in the answer, with a warning. [M]
      'zones/europe-west4-a': { warning: { code: 'NO_RESULTS_ON_PAGE' } },
    };
    for (const instance of this.instances.values()) {
      if (!wanted.every(([, key, value]) => instance.body.labels?.[key] === value)) continue;
      const key = `zones/${instance.zone}`;
      items[key] = { instances: [...(items[key]?.instances ?? []), this.#instanceBody(instance)] };
    }
    return { status: 200, body: { items } };
  }

  #listOperations(request: JsonRequest, zone: string): JsonAnswer {
    const filter = request.query.get('filter') ?? '';
    const target = /targetId = (\d+)/.exec(filter)?.[1];
    const type = /operationType = "([\w.]+)"/.exec(filter)?.[1];
    const found = this.operations.filter(
      (one) =>
        one.zone === zone && (!target || one.targetId === target) && (!type || one.operationType === type),
    );
    return {
      status: 200,
      body: found.length === 0 ? {} : { items: found.map((one) => this.#operationBody(one)) },
    };
  }

  #operationNamed(name: string): JsonAnswer {
    const operation = this.operations.find((one) => one.name === name);
    return operation
      ? { status: 200, body: this.#operationBody(operation) }
      : refusal(404, 'notFound', 'Not Found');
  }

  #operation(zone: string, operationType: string, targetId: string, durationMs: number): Operation {
    const name = `operation-${this.operations.length + 1}`;
    const operation = {
      name,
      zone,
      operationType,
      targetId,
      insertMs: this.nowMs,
      doneMs: this.nowMs + durationMs,
    };
    this.operations.push(operation);
    return operation;
  }

  #finish(operation: Operation): void {
    operation.finish?.();
    operation.finish = undefined;
  }

  #operationBody(operation: Operation): object {
    const { name, zone, operationType, targetId, insertMs, doneMs, error } = operation;
    const isDone = doneMs <= this.nowMs;
    const said = isDone && error ? { error: { errors: [error] } } : {};
    const insertTime = new Date(insertMs).toISOString();
    return { name, zone, operationType, targetId, insertTime, status: isDone ? 'DONE' : 'RUNNING', ...said };
  }

  #instanceBody({ id, name, zone, status, spot, body, lastStartMs, metadataVersion }: Instance): object {
    const base = 'https://www.googleapis.com/compute/v1/projects/p';
    return {
      ...body,
      id,
      name,
      status,
      zone: `${base}/zones/${zone}`,
      machineType: `${base}/${body.machineType}`,
      lastStartTimestamp: new Date(lastStartMs).toISOString(),
      scheduling: { provisioningModel: spot ? 'SPOT' : 'STANDARD' },
      metadata: { fingerprint: `f${metadataVersion}`, ...body.metadata },
      networkInterfaces: [
        { networkIP: '10.0.0.2', accessConfigs: status === 'RUNNING' ? [{ natIP: '203.0.113.7' }] : [{}] },
      ],
    };
  }
}

function refusal(status: number, reason: string, message: string): JsonAnswer {
  return { status, body: { error: { code: status, message, errors: [{ reason, message }] } } };
}
