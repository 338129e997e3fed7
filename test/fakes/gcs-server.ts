/**
 * Google Cloud Storage's JSON API as far as we use it, with what real networks and servers do to it: refused logins,
 * quotas, answers that get lost, uploads that stop half-way. What fake-gcs-server lacks is here: preconditions on
 * DELETE, status queries that do not finish an upload, faults.
 *
 * Behaviours: https://cloud.google.com/storage/docs/json_api/v1, …/docs/performing-resumable-uploads (308 and Range,
 * multiples of 256 KiB, `bytes *\/TOTAL`, 404 and 410 for a session that is gone), …/docs/request-preconditions (412),
 * …/docs/json_api/v1/status-codes (bodies of errors).
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PERSISTED_IN = 256 << 10;

export type GcsFault =
  | { kind: 'status'; status: number; reason?: string; retryAfterS?: number }
  /** Nothing is done, nothing answered. */
  | { kind: 'cut-before' }
  /** It is done, and its answer lost. */
  | { kind: 'cut-after' }
  /** Of the request's body so much arrives; a session keeps whole multiples of 256 KiB of it. */
  | { kind: 'cut-upload'; afterBytes: number }
  /** Of the answer's body so much is sent. */
  | { kind: 'cut-download'; afterBytes: number }
  /** One bit of the answer's body is another. */
  | { kind: 'flip-download' }
  | { kind: 'forget-sessions' };

export interface GcsRequest {
  /** Counts from 0. */
  index: number;
  kind:
    | 'list'
    | 'stat'
    | 'read'
    | 'delete'
    | 'insert'
    | 'begin'
    | 'piece'
    | 'how-far'
    | 'bucket'
    | 'permissions';
  name: string;
}

export interface StoredObject {
  bytes: Buffer;
  generation: number;
}

interface Session {
  name: string;
  md5Hash: string | undefined;
  ifGenerationMatch: string | null;
  total: number;
  bytes: Buffer;
}

export interface GcsServerOptions {
  /** Asked for every request; what it answers happens. */
  fault?(request: GcsRequest): GcsFault | undefined;
  /** Whether this one opens it; without it every request is let in. */
  isToken?(token: string): boolean;
  /** After each change, before it is answered. */
  onChange?(objects: ReadonlyMap<string, StoredObject>): void;
  pageSize?: number;
  location?: string;
  /** Of what `testPermissions` asks. */
  permissions?: readonly string[];
}

export class GcsServer {
  readonly objects = new Map<string, StoredObject>();
  readonly requests: GcsRequest[] = [];
  options: GcsServerOptions;
  /** Of objects, that arrived and were kept or not. */
  uploadedBytes = 0;
  private readonly sessions = new Map<string, Session>();
  private readonly server: Server;
  private generations = 1;

  private constructor(options: GcsServerOptions) {
    this.options = options;
    this.server = createServer((request, response) => {
      const { socket } = request;
      this.handle(request, response).catch(() => socket.destroy());
    });
  }

  static async start(options: GcsServerOptions = {}): Promise<GcsServer> {
    const fake = new GcsServer(options);
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** As if somebody else had written it. */
  put(name: string, bytes: Buffer): void {
    this.objects.set(name, { bytes, generation: this.generations++ });
    this.options.onChange?.(this.objects);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A request that is not read to its end forgets its socket.
    const { socket } = request;
    const url = new URL(request.url!, 'http://fake');
    const asked: GcsRequest = { index: this.requests.length, ...kindOf(request, url, this.sessions) };
    this.requests.push(asked);
    const fault = this.options.fault?.(asked);
    if (fault?.kind === 'cut-before') return void socket.destroy();
    if (fault?.kind === 'forget-sessions') this.sessions.clear();
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (this.options.isToken && !(token && this.options.isToken(token)))
      return refuse(response, 401, 'authError', 'Invalid Credentials');
    const most = fault?.kind === 'cut-upload' ? fault.afterBytes : Number.POSITIVE_INFINITY;
    const body = await bodyOf(request, most);
    if (['insert', 'piece'].includes(asked.kind)) this.uploadedBytes += body.length;
    if (fault?.kind === 'cut-upload') {
      if (asked.kind === 'piece') this.persist(url, request, body, true);
      return void socket.destroy();
    }
    if (fault?.kind === 'status') {
      const after: Record<string, string> =
        fault.retryAfterS === undefined ? {} : { 'retry-after': `${fault.retryAfterS}` };
      return refuse(response, fault.status, fault.reason ?? 'planted', 'planted', after);
    }
    const answer = this.answer(asked, request, url, body);
    if (fault?.kind === 'cut-after') return void socket.destroy();
    if (fault?.kind === 'flip-download' && answer.body.length > 0) answer.body[answer.body.length >> 1] ^= 4;
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    if (fault?.kind !== 'cut-download') return void response.end(answer.body);
    response.write(answer.body.subarray(0, fault.afterBytes), () => setTimeout(() => socket.destroy(), 5));
  }

  private answer(asked: GcsRequest, request: IncomingMessage, url: URL, body: Buffer): Answer {
    switch (asked.kind) {
      case 'bucket':
        return json(200, { location: this.options.location ?? 'US-CENTRAL1', locationType: 'region' });
      case 'permissions': {
        const wanted = url.searchParams.getAll('permissions');
        return json(200, {
          permissions: wanted.filter((one) => this.options.permissions?.includes(one) ?? true),
        });
      }
      case 'list':
        return this.list(url);
      case 'stat':
      case 'read':
        return this.read(asked, request);
      case 'delete':
        return this.remove(asked.name, url.searchParams.get('ifGenerationMatch'));
      case 'insert': {
        const { metadata, content } = partsOf(body, request.headers['content-type'] ?? '');
        return this.insert(asked.name, content, url.searchParams.get('ifGenerationMatch'), metadata.md5Hash);
      }
      case 'begin':
        return this.begin(asked.name, request, url, body);
      default:
        return this.persist(url, request, body, false);
    }
  }

  private list(url: URL): Answer {
    const prefix = url.searchParams.get('prefix') ?? '';
    const names = [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
    const from = Number(url.searchParams.get('pageToken') ?? 0);
    const to = from + (this.options.pageSize ?? 1000);
    const items = names.slice(from, to).map((name) => this.described(name));
    return json(200, { items, ...(to < names.length && { nextPageToken: `${to}` }) });
  }

  private read({ kind, name }: GcsRequest, request: IncomingMessage): Answer {
    const object = this.objects.get(name);
    if (!object) return failed(404, 'notFound', `No such object: ${name}`);
    if (kind === 'stat') return json(200, this.described(name));
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0 && from >= object.bytes.length) return failed(416, 'requestedRangeNotSatisfiable', 'range');
    return { status: from > 0 ? 206 : 200, headers: {}, body: Buffer.from(object.bytes.subarray(from)) };
  }

  private remove(name: string, ifGenerationMatch: string | null): Answer {
    const object = this.objects.get(name);
    if (!object) return failed(404, 'notFound', `No such object: ${name}`);
    if (ifGenerationMatch !== null && ifGenerationMatch !== `${object.generation}`) return precondition();
    this.objects.delete(name);
    this.options.onChange?.(this.objects);
    return { status: 204, headers: {}, body: Buffer.alloc(0) };
  }

  private insert(name: string, bytes: Buffer, ifGenerationMatch: string | null, md5Hash?: string): Answer {
    // Of an object that is not there the generation is 0.
    const generation = `${this.objects.get(name)?.generation ?? 0}`;
    if (ifGenerationMatch !== null && ifGenerationMatch !== generation) return precondition();
    if (md5Hash !== undefined && md5Hash !== md5Of(bytes))
      return failed(400, 'invalid', `Provided MD5 hash "${md5Hash}" doesn't match calculated MD5 hash`);
    this.put(name, Buffer.from(bytes));
    return json(200, this.described(name));
  }

  private begin(name: string, request: IncomingMessage, url: URL, body: Buffer): Answer {
    const id = randomUUID();
    const { md5Hash } = JSON.parse(body.toString('utf8') || '{}');
    const ifGenerationMatch = url.searchParams.get('ifGenerationMatch');
    const total = Number(request.headers['x-upload-content-length']);
    this.sessions.set(id, { name, md5Hash, ifGenerationMatch, total, bytes: Buffer.alloc(0) });
    const location = `${this.url}${url.pathname}?uploadType=resumable&name=${encodeURIComponent(name)}&upload_id=${id}`;
    return { status: 200, headers: { location }, body: Buffer.alloc(0) };
  }

  /** A piece, or half of one, or the question how far the session is. */
  private persist(url: URL, request: IncomingMessage, body: Buffer, isCut: boolean): Answer {
    const id = url.searchParams.get('upload_id') ?? '';
    const session = this.sessions.get(id);
    if (!session) return failed(410, 'gone', 'The upload session is not there');
    const [, from] = /^bytes (\d+)-\d+\/\d+$/.exec(request.headers['content-range'] ?? '') ?? [];
    if (from !== undefined) {
      if (Number(from) > session.bytes.length) return failed(400, 'badRequest', 'bytes were left out');
      const known = Buffer.concat([session.bytes.subarray(0, Number(from)), body]);
      const isWhole = known.length === session.total && !isCut;
      session.bytes = isWhole ? known : known.subarray(0, known.length - (known.length % PERSISTED_IN));
    }
    if (session.bytes.length === session.total && !isCut) {
      const made = this.insert(session.name, session.bytes, session.ifGenerationMatch, session.md5Hash);
      // The question how far it is may come after the answer was lost: it is answered as the last piece was.
      if (made.status === 200) session.ifGenerationMatch = `${this.objects.get(session.name)!.generation}`;
      return made;
    }
    const headers: Record<string, string> =
      session.bytes.length > 0 ? { range: `bytes=0-${session.bytes.length - 1}` } : {};
    return { status: 308, headers, body: Buffer.alloc(0) };
  }

  private described(name: string) {
    const { bytes, generation } = this.objects.get(name)!;
    return { name, size: `${bytes.length}`, generation: `${generation}`, md5Hash: md5Of(bytes) };
  }
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

function kindOf(
  request: IncomingMessage,
  url: URL,
  sessions: Map<string, Session>,
): Omit<GcsRequest, 'index'> {
  const named = url.searchParams.get('name') ?? '';
  if (url.pathname.startsWith('/upload/')) {
    const id = url.searchParams.get('upload_id');
    if (id !== null) {
      const isQuestion = request.headers['content-range']?.startsWith('bytes */');
      return { kind: isQuestion ? 'how-far' : 'piece', name: sessions.get(id)?.name ?? named };
    }
    return { kind: url.searchParams.get('uploadType') === 'resumable' ? 'begin' : 'insert', name: named };
  }
  const [, object] = /^\/storage\/v1\/b\/[^/]+\/o\/(.+)$/.exec(url.pathname) ?? [];
  if (object !== undefined) {
    const name = decodeURIComponent(object);
    if (request.method === 'DELETE') return { kind: 'delete', name };
    return { kind: url.searchParams.get('alt') === 'media' ? 'read' : 'stat', name };
  }
  if (url.pathname.endsWith('/iam/testPermissions')) return { kind: 'permissions', name: '' };
  return {
    kind: url.pathname.endsWith('/o') ? 'list' : 'bucket',
    name: url.searchParams.get('prefix') ?? '',
  };
}

async function bodyOf(request: IncomingMessage, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    parts.push(part as Buffer);
    length += (part as Buffer).length;
    if (length >= most) break;
  }
  return Buffer.concat(parts).subarray(0, Math.min(length, most));
}

/** Of multipart/related: the metadata as JSON, then the content. */
function partsOf(body: Buffer, type: string): { metadata: { md5Hash?: string }; content: Buffer } {
  const boundary = /boundary=([^;]+)/.exec(type)?.[1];
  if (boundary === undefined) return { metadata: {}, content: body };
  const first = body.indexOf('\r\n\r\n') + 4;
  const second = body.indexOf(`\r\n--${boundary}`, first);
  const content = body.indexOf('\r\n\r\n', second) + 4;
  const end = body.lastIndexOf(`\r\n--${boundary}--`);
  return {
    metadata: JSON.parse(body.subarray(first, second).toString('utf8')),
    content: body.subarray(content, end),
  };
}

function json(status: number, value: unknown): Answer {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: Buffer.from(JSON.stringify(value)) };
}

function failed(status: number, reason: string, message: string): Answer {
  return json(status, { error: { code: status, message, errors: [{ reason, message }] } });
}

function precondition(): Answer {
  return failed(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.');
}

function refuse(
  response: ServerResponse,
  status: number,
  reason: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  const answer = failed(status, reason, message);
  response.writeHead(status, { ...answer.headers, ...headers, 'content-length': answer.body.length });
  response.end(answer.body);
}

function md5Of(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('base64');
}
