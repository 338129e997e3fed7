/** One HTTP request and its answer, over a connection that may break at any byte. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { TransientFault } from './retry.ts';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  url: string;
  headers?: Record<string, string>;
  /** A stream is sent once, `bytes` long. */
  body?: Uint8Array | { stream: Readable; bytes: number };
  onSent?(bytes: number): void;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: IncomingMessage;
}

/** A connection on which nothing moves for so long is taken for dead. */
const IDLE_MS = 60_000;

/** @throws TransientFault when there is no answer */
export function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const { method, url, headers = {}, body, onSent } = request;
  const length = body instanceof Uint8Array ? body.length : (body?.bytes ?? 0);
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new TransientFault(`${hostOf(url)} cannot be reached: ${why}`));
    const outgoing = send(url, {
      method,
      timeout: IDLE_MS,
      headers: {
        'user-agent': 'brickyard',
        ...headers,
        ...(hasBody(method) && { 'content-length': length }),
      },
    });
    outgoing.on('response', (incoming) => {
      resolve({ status: incoming.statusCode!, headers: incoming.headers, body: incoming });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`silent for ${IDLE_MS / 1000} s`)));
    outgoing.on('error', (error) => fail(error.message));
    // After the answer, or instead of one.
    outgoing.on('close', () => fail('the connection was closed'));
    if (body === undefined) return outgoing.end();
    const stream = body instanceof Uint8Array ? Readable.from(piecesOf(body)) : body.stream;
    stream.on('data', (chunk: Buffer) => onSent?.(chunk.length));
    stream.on('error', (error) => outgoing.destroy(error));
    outgoing.on('close', () => stream.destroy());
    stream.pipe(outgoing);
  });
}

/** @throws TransientFault when it breaks off */
export async function bodyOf({ body }: HttpAnswer): Promise<Buffer> {
  const parts: Buffer[] = [];
  try {
    for await (const part of body) parts.push(part as Buffer);
  } catch (error) {
    throw brokenOff(error);
  }
  return Buffer.concat(parts);
}

/** The body as a stream that ends with a StoreError when it breaks off. */
export function streamOf({ body }: HttpAnswer): Readable {
  return Readable.from(
    (async function* () {
      try {
        for await (const part of body) yield part as Buffer;
      } catch (error) {
        throw brokenOff(error);
      }
    })(),
  );
}

/** In ms, 0 when the answer says nothing; dates are not understood. */
export function retryAfterMs(headers: IncomingHttpHeaders): number {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
}

function brokenOff(error: unknown): TransientFault {
  return new TransientFault(`the connection broke off: ${error instanceof Error ? error.message : error}`);
}

function hasBody(method: string): boolean {
  return method === 'POST' || method === 'PUT';
}

function* piecesOf(bytes: Uint8Array): Iterable<Uint8Array> {
  const size = 1 << 18;
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

/** Of the URL only this is shown: the rest may hold what opens an upload. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
