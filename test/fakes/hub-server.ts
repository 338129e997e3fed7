/**
 * As much of the Hugging Face Hub as huggingface_hub 0.35 and trainer/launch/storage ask of one repository: its tree,
 * files, git LFS and commits with parents. Formats: https://huggingface.co/docs/hub/api and huggingface_hub's
 * hf_api.py, _commit_api.py, lfs.py. Large files are answered by a redirect to another host, as the real one does.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type HubFault =
  | { kind: 'status'; status: number }
  | { kind: 'cut-before' }
  /** It is done, and its answer lost. */
  | { kind: 'cut-after' }
  | { kind: 'cut-download'; afterBytes: number };

export interface HubRequest {
  index: number;
  kind:
    | 'tree'
    | 'paths-info'
    | 'revision'
    | 'preupload'
    | 'batch'
    | 'lfs'
    | 'commit'
    | 'resolve'
    | 'cdn'
    | 'create'
    | 'tag'
    | 'other';
}

export interface HubServerOptions {
  fault?(request: HubRequest): HubFault | undefined;
  /** Without it every request is let in. */
  token?: string;
  /** Whether there is a repository before one is made. */
  isEmpty?: boolean;
  /** After each commit. */
  onChange?(files: ReadonlyMap<string, { bytes: Buffer }>): void;
  /** Before each commit is judged: what somebody else may do meanwhile. */
  beforeCommit?(): void;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: Buffer | unknown;
}

const LARGE = /\.(safetensors|onnx|mp4|parquet|png)$/;

export class HubServer {
  readonly files = new Map<string, { bytes: Buffer }>();
  readonly requests: HubRequest[] = [];
  readonly commits: string[] = ['0'.repeat(40)];
  /** Of LFS objects, that arrived. */
  uploadedBytes = 0;
  /** Whether a request for another host's file came with a login. */
  leakedToken = false;
  /** What repositories were asked for. */
  readonly made: unknown[] = [];
  /** Names of commits, by index into `commits`. */
  readonly tags = new Map<string, number>();
  options: HubServerOptions;
  private readonly large = new Map<string, Buffer>();
  private readonly server: Server;

  private constructor(options: HubServerOptions) {
    this.options = options;
    this.server = createServer((request, response) => {
      const { socket } = request;
      this.handle(request, response).catch(() => socket.destroy());
    });
  }

  static async start(options: HubServerOptions = {}): Promise<HubServer> {
    const fake = new HubServer(options);
    await new Promise<void>((resolve) => fake.server.listen(0, resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** A commit of somebody else. */
  put(path: string, bytes: Buffer): void {
    this.files.set(path, { bytes });
    this.commits.push(randomUUID().replaceAll('-', '').padEnd(40, '0'));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const url = new URL(request.url!, this.url);
    const asked: HubRequest = { index: this.requests.length, kind: kindOf(url.pathname) };
    this.requests.push(asked);
    const fault = this.options.fault?.(asked);
    if (fault?.kind === 'cut-before') return void socket.destroy();
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const login = request.headers.authorization;
    if (asked.kind === 'cdn' && login !== undefined) this.leakedToken = true;
    const isOpen = asked.kind === 'cdn' || asked.kind === 'lfs' || this.options.token === undefined;
    let answer: Answer;
    if (fault?.kind === 'status') answer = failed(fault.status, 'planted');
    else if (!isOpen && login !== `Bearer ${this.options.token}`) answer = failed(401, 'Invalid credentials');
    else if (this.options.isEmpty && asked.kind !== 'create')
      answer = { ...failed(404, 'Repository not found'), headers: { 'x-error-code': 'RepoNotFound' } };
    else answer = this.answer(asked, request, url, Buffer.concat(parts));
    if (fault?.kind === 'cut-after') return void socket.destroy();
    const body = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(JSON.stringify(answer.body ?? {}));
    response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
    if (fault?.kind !== 'cut-download') return void response.end(body);
    response.write(body.subarray(0, fault.afterBytes), () => setTimeout(() => socket.destroy(), 5));
  }

  private answer({ kind }: HubRequest, request: IncomingMessage, url: URL, body: Buffer): Answer {
    const path = decodeURIComponent(url.pathname);
    switch (kind) {
      case 'create':
        this.made.push(JSON.parse(body.toString('utf8')));
        this.options.isEmpty = false;
        return { status: 200, body: { url: `${this.url}/owner/name` } };
      case 'tag': {
        const { tag } = JSON.parse(body.toString('utf8')) as { tag: string };
        if (this.tags.has(tag)) return failed(409, `Tag ${tag} already exists`);
        this.tags.set(tag, this.commits.length - 1);
        return { status: 200, body: {} };
      }
      case 'tree':
        return this.tree(/\/tree\/main\/?(.*)$/.exec(path)![1]);
      case 'paths-info': {
        const found = pathsIn(body, request.headers['content-type'] ?? '').filter((one) =>
          this.files.has(one),
        );
        return { status: 200, body: found.map((one) => this.described(one)) };
      }
      case 'revision':
        return {
          status: 200,
          body: { id: 'owner/name', sha: this.commits.at(-1), siblings: [], tags: [], private: true },
        };
      case 'preupload': {
        const { files } = JSON.parse(body.toString('utf8')) as { files: { path: string }[] };
        const modes = files.map((file) => ({
          path: file.path,
          uploadMode: LARGE.test(file.path) ? 'lfs' : 'regular',
          shouldIgnore: false,
        }));
        return { status: 200, body: { files: modes } };
      }
      case 'batch':
        return this.batch(body);
      case 'lfs':
        return this.lfs(path.split('/').at(-1)!, request.method!, body);
      case 'commit':
        this.options.beforeCommit?.();
        return this.commit(body);
      case 'resolve':
        return this.resolve(/\/resolve\/main\/(.+)$/.exec(path)![1], request);
      case 'cdn':
        return ranged(this.large.get(path.split('/').at(-1)!)!, request);
      default:
        return failed(404, `no such endpoint: ${path}`);
    }
  }

  private tree(folder: string): Answer {
    const inside = [...this.files.keys()]
      .filter((path) => folder === '' || path.startsWith(`${folder}/`))
      .sort();
    if (folder !== '' && inside.length === 0)
      return {
        ...failed(404, `${folder} does not exist on "main"`),
        headers: { 'x-error-code': 'EntryNotFound' },
      };
    return { status: 200, body: inside.map((path) => this.described(path)) };
  }

  private described(path: string) {
    const { bytes } = this.files.get(path)!;
    const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const entry = { type: 'file', path, size: bytes.length, oid: git };
    if (!LARGE.test(path)) return entry;
    return { ...entry, lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } };
  }

  private batch(body: Buffer): Answer {
    const { objects } = JSON.parse(body.toString('utf8')) as { objects: { oid: string; size: number }[] };
    const described = objects.map(({ oid, size }) => ({
      oid,
      size,
      // Of what is there nothing is asked for.
      ...(!this.large.has(oid) && {
        actions: {
          upload: { href: `${this.url}/lfs/${oid}` },
          verify: { href: `${this.url}/lfs/verify` },
        },
      }),
    }));
    return { status: 200, body: { transfer: 'basic', objects: described } };
  }

  private lfs(oid: string, method: string, body: Buffer): Answer {
    if (method === 'POST') {
      const verified = JSON.parse(body.toString('utf8')) as { oid: string; size: number };
      return { status: this.large.get(verified.oid)?.length === verified.size ? 200 : 422, body: {} };
    }
    this.uploadedBytes += body.length;
    if (sha256(body) !== oid) return failed(400, 'the content is not that of its name');
    this.large.set(oid, body);
    return { status: 200, body: {} };
  }

  private commit(body: Buffer): Answer {
    const lines = body.toString('utf8').trim().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as { key: string; value: Record<string, string> });
    const { parentCommit } = rows[0].value;
    if (parentCommit && parentCommit !== this.commits.at(-1))
      return failed(412, 'A commit has happened since. Please refresh and try again.');
    for (const { key, value } of rows) {
      if (key === 'file') this.files.set(value.path, { bytes: Buffer.from(value.content, 'base64') });
      if (key === 'deletedFile' && !this.files.delete(value.path)) return failed(404, `no ${value.path}`);
      if (key !== 'lfsFile') continue;
      const bytes = this.large.get(value.oid);
      if (!bytes) return failed(400, `no LFS object ${value.oid}`);
      this.files.set(value.path, { bytes });
    }
    const oid = randomUUID().replaceAll('-', '').padEnd(40, '0');
    this.commits.push(oid);
    this.options.onChange?.(this.files);
    return {
      status: 200,
      body: { commitOid: oid, commitUrl: `${this.url}/owner/name/commit/${oid}`, hookOutput: '' },
    };
  }

  private resolve(path: string, request: IncomingMessage): Answer {
    const file = this.files.get(path);
    if (!file) return { ...failed(404, 'Entry not found'), headers: { 'x-error-code': 'EntryNotFound' } };
    if (!LARGE.test(path)) return ranged(file.bytes, request);
    this.large.set(sha256(file.bytes), file.bytes);
    const { port } = new URL(this.url);
    return { status: 302, headers: { location: `http://localhost:${port}/cdn/${sha256(file.bytes)}` } };
  }
}

function kindOf(path: string): HubRequest['kind'] {
  if (path === '/api/repos/create') return 'create';
  const kinds = ['tree', 'paths-info', 'preupload', 'commit', 'resolve', 'tag'] as const;
  const named = kinds.find((kind) => path.includes(`/${kind}/main`));
  if (named) return named;
  if (path.endsWith('/info/lfs/objects/batch')) return 'batch';
  if (path.startsWith('/lfs/')) return 'lfs';
  if (path.startsWith('/cdn/')) return 'cdn';
  return /^\/api\/(models|datasets)\/[^/]+\/[^/]+(\/revision\/main)?$/.test(path) ? 'revision' : 'other';
}

/** huggingface_hub asks by a form, the documentation by JSON. */
function pathsIn(body: Buffer, type: string): string[] {
  if (type.includes('json')) return JSON.parse(body.toString('utf8')).paths;
  return new URLSearchParams(body.toString('utf8')).getAll('paths');
}

function ranged(bytes: Buffer, request: IncomingMessage): Answer {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  return { status: from > 0 ? 206 : 200, body: Buffer.from(bytes.subarray(from)) };
}

function failed(status: number, error: string): Answer {
  return { status, headers: { 'x-error-message': error }, body: { error } };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
