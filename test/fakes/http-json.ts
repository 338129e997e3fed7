/** A small HTTP server for fakes of JSON APIs: faults that a test orders come before the fake's own answer. */
import { createServer, type IncomingMessage, type Server } from 'node:http';

export interface JsonRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string | undefined;
  /** Undefined without a body. */
  body: unknown;
}

export interface JsonAnswer {
  status: number;
  /** A string goes out as it is. */
  body?: unknown;
}

/** `cut` ends the connection without an answer; `lost` carries the request out first. */
export type OrderedFault = { status: number; body?: unknown } | 'cut' | 'lost';

export class JsonServer {
  readonly requests: JsonRequest[] = [];
  readonly #server: Server;
  readonly #handle: (request: JsonRequest) => JsonAnswer;
  readonly #faults: { matches: (request: JsonRequest) => boolean; fault: OrderedFault }[] = [];

  constructor(handle: (request: JsonRequest) => JsonAnswer) {
    this.#handle = handle;
    this.#server = createServer((message, response) => {
      void readRequest(message).then((request) => {
        const answer = this.#answer(request);
        if (answer === undefined) return void response.destroy();
        const { status, body } = answer;
        response.writeHead(status, {
          'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
        });
        response.end(textOf(body));
      });
    });
  }

  /** In the place of `fetch`, without a socket. */
  readonly fetch = async (url: string, { method, headers, body }: RequestInit): Promise<Response> => {
    const authorization = new Headers(headers).get('authorization') ?? undefined;
    const answer = this.#answer(requestOf(method!, url, authorization, (body ?? '') as string));
    if (answer === undefined) throw new TypeError('fetch failed', { cause: new Error('socket hang up') });
    const text = textOf(answer.body);
    return new Response(text === '' ? null : text, { status: answer.status });
  };

  /** Undefined: the connection ends. */
  #answer(request: JsonRequest): JsonAnswer | undefined {
    this.requests.push(request);
    const at = this.#faults.findIndex(({ matches }) => matches(request));
    const [ordered] = at < 0 ? [] : this.#faults.splice(at, 1);
    if (ordered === undefined) return this.#handle(request);
    if (ordered.fault === 'lost') this.#handle(request);
    return typeof ordered.fault === 'string' ? undefined : ordered.fault;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** The next request like this gets that. */
  order(method: string, path: RegExp, fault: OrderedFault): void {
    this.#faults.push({ matches: (request) => request.method === method && path.test(request.path), fault });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function readRequest(message: IncomingMessage): Promise<JsonRequest> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return requestOf(
    message.method!,
    message.url!,
    message.headers.authorization,
    Buffer.concat(parts).toString(),
  );
}

function requestOf(method: string, at: string, authorization: string | undefined, text: string): JsonRequest {
  const { pathname: path, searchParams: query } = new URL(at, 'http://fake');
  return { method, path, query, authorization, body: text === '' ? undefined : JSON.parse(text) };
}

function textOf(body: unknown): string {
  return body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
}
