/**
 * `node test/trainer-ssh/measure.ts [MB]`: the rate of an upload over ssh on loopback, beside a plain copy and `cat`
 * over the same connection, and what is sent after a cut half way. One line of JSON.
 */

import { randomFillSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { folderContents } from '../../trainer/launch/ssh/folder-files.ts';
import { shScript } from '../../trainer/launch/ssh/remote-words.ts';
import { uploadFolder } from '../../trainer/launch/ssh/upload.ts';
import { LoopbackSshd } from './loopback-sshd.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const megabytes = Number(positionals[0] ?? 200);
const FILES = 50;
const folder = mkdtempSync(join(tmpdir(), 'brickyard-measure-'));
const sshd = await LoopbackSshd.start();
const seconds = async (work: () => unknown): Promise<number> => {
  const beganMs = performance.now();
  await work();
  return (performance.now() - beganMs) / 1000;
};
try {
  const root = join(folder, 'data');
  mkdirSync(root);
  const piece = Buffer.alloc((megabytes * 1e6) / FILES);
  for (let k = 0; k < FILES; k++) writeFileSync(join(root, `${k}.bin`), randomFillSync(piece));
  const copyS = await seconds(() => cpSync(root, join(folder, 'copy'), { recursive: true }));
  let contents = await folderContents(root);
  const hashS = await seconds(async () => {
    contents = await folderContents(root);
  });
  const ssh = sshd.connect();
  await ssh.run(['true']);
  const uploadS = await seconds(() => uploadFolder(ssh, contents, join(folder, 'there')));
  const stdin = Readable.from(Array.from({ length: FILES }, () => piece));
  const catS = await seconds(() =>
    ssh.demand(shScript('cat >"$1"', join(folder, 'cat')), { stdin, timeoutS: 600 }),
  );
  let cut = false;
  await uploadFolder(ssh, contents, join(folder, 'cut'), ({ sentBytes, totalBytes }) => {
    if (cut || sentBytes < totalBytes / 2) return;
    cut = true;
    sshd.cut();
  }).catch(() => {});
  await sleep(500);
  const again = await uploadFolder(ssh, contents, join(folder, 'cut'));
  ssh.close();
  const rate = (s: number): number => Math.round(megabytes / s);
  const same = readFileSync(join(folder, 'cut/7.bin')).equals(readFileSync(join(root, '7.bin')));
  console.log(
    JSON.stringify({
      megabytes,
      files: FILES,
      copyMBperS: rate(copyS),
      hashMBperS: rate(hashS),
      catMBperS: rate(catS),
      uploadMBperS: rate(uploadS),
      cutAtMB: megabytes / 2,
      sentAfterCutMB: again.sentBytes / 1e6,
      same,
    }),
  );
} finally {
  await sshd.close();
  rmSync(folder, { recursive: true, force: true });
}
