/**
 * `node scripts/measure-storage.ts [--mib 128]`: how fast a checkpoint's file goes into a folder and a bucket of this
 * machine, against a plain copy that is brought to the disk; and how much is sent again after a cut. The bucket is
 * test/fakes/gcs-server.ts in a process of its own, so the figure is what our side costs, not what a network does.
 */
import { fork } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startFakeGcsServer } from '../test/fakes/fake-gcs-server.ts';
import { GcsServer } from '../test/fakes/gcs-server.ts';
import { FolderStore } from '../trainer/launch/storage/folder-store.ts';
import { GcsStore } from '../trainer/launch/storage/gcs-store.ts';
import { fakeGcsServerPath } from './fake-gcs.ts';

const MIB = 1 << 20;
const REPEATS = 3;

if (process.send) {
  let cutsLeft = 0;
  const server = await GcsServer.start({
    fault: ({ kind }) =>
      kind === 'piece' && cutsLeft-- > 0 ? { kind: 'cut-upload', afterBytes: 10.1 * MIB } : undefined,
  });
  process.on('message', (message) => {
    if (message === 'cut') {
      cutsLeft = 1;
      server.uploadedBytes = 0;
    }
    process.send!({ url: server.url, uploadedBytes: server.uploadedBytes });
  });
} else await measure();

async function measure(): Promise<void> {
  const { values } = parseArgs({ options: { mib: { type: 'string', default: '128' } } });
  const mib = Number(values.mib);
  const folder = mkdtempSync(join(tmpdir(), 'brickyard-storage-'));
  const child = fork(import.meta.filename, { stdio: 'inherit' });
  const ask = (what: string) =>
    new Promise<{ url: string; uploadedBytes: number }>((resolve) => {
      child.once('message', (answer) => resolve(answer as { url: string; uploadedBytes: number }));
      child.send(what);
    });
  try {
    const file = join(folder, 'weights');
    writeFileSync(file, Buffer.alloc(mib * MIB, 'incompressible? no matter'));
    const token = { token: async () => null };
    const bucket = new GcsStore({ bucket: 'ralph', prefix: '', endpoint: (await ask('start')).url, token });
    const here = new FolderStore(join(folder, 'store'));
    await rate(mib, 'plain copy, fsync', async () => plainCopy(file, join(folder, 'copy')));
    await rate(mib, 'folder', () => here.write('weights', { file }));
    await rate(mib, 'bucket (hash, then one session)', () => bucket.write('weights', { file }));
    if (existsSync(fakeGcsServerPath())) await rateOfGo(mib, file);
    await ask('cut');
    await bucket.write('cut', { file });
    const again = (await ask('end')).uploadedBytes - mib * MIB;
    process.stdout.write(`sent again after a cut: ${(again / 1024).toFixed(0)} KiB of ${mib} MiB\n`);
  } finally {
    child.kill();
    rmSync(folder, { recursive: true });
  }
}

/** A server that is not ours, where scripts/fake-gcs.ts has built it. */
async function rateOfGo(mib: number, file: string): Promise<void> {
  const server = await startFakeGcsServer('ralph');
  const store = new GcsStore({
    bucket: 'ralph',
    prefix: '',
    endpoint: server.url,
    token: { token: async () => null },
  });
  await rate(mib, 'bucket of fake-gcs-server', () => store.write('weights', { file }));
  await server.close();
}

async function rate(mib: number, name: string, action: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const began = performance.now();
    await action();
    times.push(performance.now() - began);
  }
  const bestS = Math.min(...times) / 1000;
  process.stdout.write(`${name}: ${(mib / bestS).toFixed(0)} MiB/s (best of ${REPEATS})\n`);
}

function plainCopy(from: string, to: string): void {
  copyFileSync(from, to);
  const handle = openSync(to, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
