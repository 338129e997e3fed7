/** The real fsouza/fake-gcs-server as a child process (scripts/fake-gcs.ts builds it). */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fakeGcsServerPath } from '../../scripts/fake-gcs.ts';

export interface FakeGcsServer {
  url: string;
  close(): Promise<void>;
}

/** With one empty bucket, in memory. */
export async function startFakeGcsServer(bucket: string): Promise<FakeGcsServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const backend = ['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', `${port}`];
  // Its own idea of where it is goes into the addresses of sessions.
  const child = spawn(fakeGcsServerPath(), [...backend, '-external-url', url, '-log-level', 'error'], {
    stdio: 'ignore',
  });
  process.once('exit', () => child.kill('SIGKILL'));
  for (let tries = 0; !(await answers(url)); tries++) {
    if (tries === 200 || child.exitCode !== null) throw new Error('fake-gcs-server does not answer');
    await sleep(50);
  }
  await fetch(`${url}/storage/v1/b`, {
    method: 'POST',
    body: JSON.stringify({ name: bucket }),
    headers: { 'content-type': 'application/json' },
  });
  return { url, close: () => ended(child) };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/_internal/healthcheck`)).ok;
  } catch {
    return false;
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('close', () => resolve());
    child.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
