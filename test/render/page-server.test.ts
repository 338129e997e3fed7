import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type PageServer, servePage } from '../../render/page-server.ts';

let server: PageServer;
afterEach(() => server.close());

async function open(): Promise<URL> {
  server = await servePage('console.log("drawn");');
  return new URL(server.url);
}

function ask(url: URL, headers: Record<string, string> = {}, method = 'GET'): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      response.resume();
      resolve(response);
    })
      .on('error', reject)
      .end();
  });
}

/** Whether a socket with these headers is let in. */
function connects(url: URL, headers: Record<string, string>): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers });
    socket.on('open', () => resolve(true));
    socket.on('error', () => resolve(false));
  });
}

test('listens on this machine only and serves the page and its code, nothing else', async () => {
  const url = await open();
  expect(url.hostname).toBe('127.0.0.1');
  const page = await ask(url);
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /);
  expect((await ask(new URL('page.js', url))).statusCode).toBe(200);
  for (const path of ['jobs', 'x', 'page.js?x', '../', '%2e%2e/', 'constructor', '../../etc/passwd']) {
    expect((await ask(new URL(path, url))).statusCode, path).toBe(404);
  }
});

test('refuses who does not know the token', async () => {
  const url = await open();
  for (const path of ['/', '/page.js', `/${'A'.repeat(32)}/`, `/${'A'.repeat(32)}/page.js`]) {
    expect((await ask(new URL(path, url))).statusCode, path).toBe(404);
  }
  const other = await servePage('');
  expect(new URL(other.url).pathname).not.toBe(url.pathname);
  await other.close();
});

test('refuses a Host header that is not its own, and methods that write', async () => {
  const url = await open();
  for (const host of ['localhost', 'example.org', `localhost:${url.port}`, '127.0.0.1']) {
    expect((await ask(url, { host })).statusCode, host).toBe(403);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    expect((await ask(url, {}, method)).statusCode, method).toBe(405);
  }
});

test('the socket is for the page alone, once', async () => {
  const url = await open();
  const jobs = new URL('jobs', url.href.replace('http', 'ws'));
  const origin = url.origin;
  expect(await connects(jobs, {})).toBe(false);
  expect(await connects(jobs, { origin: 'http://example.org' })).toBe(false);
  expect(await connects(new URL('/jobs', jobs), { origin })).toBe(false);
  expect(await connects(jobs, { origin })).toBe(true);
  expect(await connects(jobs, { origin })).toBe(false);
});

test('closes with requests and sockets still open', async () => {
  const url = await open();
  get(url).on('error', () => {});
  expect(await connects(new URL('jobs', url.href.replace('http', 'ws')), { origin: url.origin })).toBe(true);
  await server.close();
  await expect(ask(url)).rejects.toThrow(/ECONNREFUSED/);
});

test('a client that resets a refused or a half-sent request ends nothing', async () => {
  const url = await open();
  const upgrade = `GET /x/jobs HTTP/1.1\r\nHost: 127.0.0.1:${url.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
  const texts = [`${upgrade}\r\n`, `${upgrade}\r\n${'x'.repeat(100_000)}`, upgrade, 'rubbish\r\n\r\n', ''];
  for (const text of texts)
    for (const waits of [false, true]) {
      const socket = connect(Number(url.port), '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      if (text !== '') await new Promise((resolve) => socket.write(text, resolve));
      if (waits && text.endsWith('\r\n\r\n')) await once(socket, 'data');
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
  expect((await ask(url)).statusCode).toBe(200);
  expect(await connects(new URL('jobs', url.href.replace('http', 'ws')), { origin: url.origin })).toBe(true);
});

test('a page that resets its connection, or breaks the protocol, closes it and ends nothing', async () => {
  for (const strike of [
    (socket: Socket) => socket.resetAndDestroy(),
    (socket: Socket) => socket.write(Buffer.alloc(64, 0xff)),
  ]) {
    const url = await open();
    const closed = server.connected.then(
      (socket) => new Promise<void>((resolve) => socket.on('close', () => resolve())),
    );
    const page = new WebSocket(new URL('jobs', url.href.replace('http', 'ws')), { origin: url.origin });
    page.on('error', () => {});
    const [{ socket }] = await once(page, 'upgrade');
    await server.connected;
    strike(socket as Socket);
    await closed;
    page.terminate();
    await server.close();
  }
});
