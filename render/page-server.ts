/**
 * Serves one page to one browser on this machine: the page, its code, and the socket that jobs and results pass
 * through. Nobody else gets in: 127.0.0.1 only, a random token in the path, and the Host header must be ours (a
 * page elsewhere that resolves its name to 127.0.0.1 sends its own). The page may load nothing from elsewhere.
 *
 * A WebSocket, because a fetch POST out of Chromium measured four times slower (facts: 85 MB/s against 20).
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

const LARGEST_MESSAGE_BYTES = 1 << 30;

export interface PageServer {
  /** Where the page is: http://127.0.0.1:PORT/TOKEN/ */
  readonly url: string;
  /** The page's socket, once it has connected. */
  readonly connected: Promise<WebSocket>;
  close(): Promise<void>;
}

const HTML = '<!doctype html><meta charset="utf-8"><title>brickyard</title><script src="page.js"></script>';

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Starts serving `script` as the page's only code. */
export async function servePage(script: string): Promise<PageServer> {
  const token = randomBytes(24).toString('base64url');
  const files: Record<string, { type: string; body: string }> = {
    [`/${token}/`]: { type: 'text/html; charset=utf-8', body: HTML },
    [`/${token}/page.js`]: { type: 'text/javascript; charset=utf-8', body: script },
  };
  const server = createServer((request, response) => answer(request, response, host(), files));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // Later ones concern a connection that could not be accepted, whoever's it was.
  server.on('error', () => {});
  const { port } = server.address() as AddressInfo;
  const host = () => `127.0.0.1:${port}`;

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  let taken = false;
  const connected = new Promise<WebSocket>((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      // The server has let go of this socket: a client that resets it would end this process.
      socket.on('error', () => {});
      const own = request.headers.host === host() && request.headers.origin === `http://${host()}`;
      if (taken || !own || request.url !== `/${token}/jobs`) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n', () => socket.destroy());
        return;
      }
      taken = true;
      sockets.handleUpgrade(request, socket, head, (client) => {
        client.on('error', () => {}); // its close follows, which whoever uses it hears
        resolve(client);
      });
    });
  });

  return {
    url: `http://${host()}/${token}/`,
    connected,
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
  files: Record<string, { type: string; body: string }>,
): void {
  const refuse = (status: number) => response.writeHead(status, HEADERS).end();
  if (request.headers.host !== host) return void refuse(403);
  if (request.method !== 'GET') return void refuse(405);
  const file = Object.hasOwn(files, request.url ?? '') ? files[request.url!] : undefined;
  if (!file) return void refuse(404);
  response.writeHead(200, { ...HEADERS, 'content-type': file.type }).end(file.body);
}
