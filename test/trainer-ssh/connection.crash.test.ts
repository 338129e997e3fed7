/** ssh against a real sshd: what a command gives back, and each way in which there is no answer. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { SshConnection } from '../../trainer/launch/ssh/connection.ts';
import { folderContents } from '../../trainer/launch/ssh/folder-files.ts';
import { checkKeyFile, ensureKeyPair } from '../../trainer/launch/ssh/key-file.ts';
import { shScript } from '../../trainer/launch/ssh/remote-words.ts';
import { uploadFolder } from '../../trainer/launch/ssh/upload.ts';
import { LoopbackSshd } from './loopback-sshd.ts';

let sshd: LoopbackSshd;
const open: SshConnection[] = [];

function connect(options?: Parameters<LoopbackSshd['connect']>[0]): SshConnection {
  open.push(sshd.connect(options));
  return open.at(-1)!;
}

beforeAll(async () => {
  sshd = await LoopbackSshd.start();
});
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});
afterAll(() => sshd?.close());

it('passes words, stdin and exit codes through unchanged', async () => {
  const ssh = connect();
  const odd = ["it's", '$HOME `id` "x"', 'a\nb', '', '*', '\\'];
  expect((await ssh.demand(['printf', '%s|', ...odd])).toString()).toBe(
    odd.map((word) => `${word}|`).join(''),
  );
  expect((await ssh.demand(['cat'], { stdin: 'a secret' })).toString()).toBe('a secret');
  expect((await ssh.run(['sh', '-c', 'echo no >&2; exit 7'])).code).toBe(7);
  await expect(ssh.demand(['sh', '-c', 'echo no >&2; exit 7'])).rejects.toMatchObject({
    fault: 'setup-failed',
    message: expect.stringContaining('exit code 7: no'),
  });
  await expect(
    ssh.demand(['sh', '-c', 'echo "tar: x: No space left on device" >&2; exit 2']),
  ).rejects.toMatchObject({ fault: 'disk-full' });
});

it('says that a host cannot be reached, hangs, or takes no key', async () => {
  const slow = connect();
  await expect(slow.run(['sleep', '30'], { timeoutS: 1 })).rejects.toMatchObject({ fault: 'unreachable' });
  expect((await slow.run(['true'])).code).toBe(0);

  const other = join(sshd.folder, 'other_key');
  await ensureKeyPair(other);
  await expect(connect({ keyFile: other }).run(['true'])).rejects.toMatchObject({ fault: 'refused' });

  const cut = slow.run(['sleep', '30']);
  setTimeout(() => sshd.cut(), 500);
  await expect(cut).rejects.toMatchObject({ fault: 'unreachable' });
  expect((await slow.demand(['echo', 'again'])).toString()).toBe('again\n');
});

it('keeps to the letter of paths with signs that ssh would replace', async () => {
  const folder = join(sshd.folder, `50% %h "q" it's \\ $HOME`);
  mkdirSync(folder);
  for (const ending of ['', '.pub']) copyFileSync(sshd.keyFile + ending, join(folder, `%u key${ending}`));
  const knownHosts = join(folder, 'known %C hosts');
  const before = process.env.TMPDIR;
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), '%d "t" '));
  try {
    const ssh = new SshConnection(
      { user: sshd.user, host: '127.0.0.1', port: sshd.port },
      {
        keyFile: join(folder, '%u key'),
        knownHostsFiles: [knownHosts, join(folder, 'none%')],
        hostKeyAlias: 'my%alias',
        hostKey: null,
        configFile: 'none',
      },
    );
    open.push(ssh);
    expect((await ssh.demand(['echo', 'there'])).toString()).toBe('there\n');
    expect(readFileSync(knownHosts, 'utf8')).toMatch(/^my%alias ssh-ed25519 /);
    const [sockets] = readdirSync(process.env.TMPDIR);
    expect(readdirSync(join(process.env.TMPDIR, sockets))).toEqual(['c']);
    ssh.close();
    expect(readdirSync(process.env.TMPDIR)).toEqual([]);
  } finally {
    rmSync(process.env.TMPDIR, { recursive: true });
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
});

it('sends files with names that its own tools could misread', async () => {
  const from = join(sshd.folder, 'odd names');
  mkdirSync(from);
  const names = ['-rf', 'a: FAILED.txt', 'b: OK', "it's 100%", '*', ' spaces ', '$HOME'];
  for (const name of names) writeFileSync(join(from, name), name);
  const into = join(sshd.folder, "there 50% 'q'");
  const { files } = await uploadFolder(connect(), await folderContents(from), into);
  expect(files).toBe(names.length);
  expect(readdirSync(into).sort()).toEqual([...names].sort());
});

it('refuses a key file that others may read', async () => {
  const key = join(sshd.folder, 'open_key');
  copyFileSync(sshd.keyFile, key);
  chmodSync(key, 0o644);
  await expect(checkKeyFile(key)).rejects.toThrow(`mode 644, others may read it: run \`chmod 600 ${key}\``);
  chmodSync(key, 0o600);
  await checkKeyFile(key);
  await expect(checkKeyFile(`${key}.gone`)).rejects.toThrow('is not there');
});

it('keeps to the key that it was given', async () => {
  const right = sshd.hostKey().split(' ').slice(0, 2).join(' ');
  expect((await connect({ hostKey: right }).run(['true'])).code).toBe(0);
  await ensureKeyPair(join(sshd.folder, 'wrong_key'));
  const wrong = readFileSync(join(sshd.folder, 'wrong_key.pub'), 'utf8').trim();
  await expect(connect({ hostKey: wrong }).run(['true'])).rejects.toMatchObject({
    fault: 'host-key',
    message: expect.stringContaining('--host-key'),
  });
});

it('sends a folder, after a cut only what is missing, and a damaged file again', async () => {
  const root = join(sshd.folder, 'data');
  mkdirSync(join(root, 'videos'), { recursive: true });
  for (let k = 0; k < 30; k++) writeFileSync(join(root, 'videos', `${k} it's.bin`), Buffer.alloc(200_000, k));
  writeFileSync(join(root, 'info.json'), '{}');
  const contents = await folderContents(root);
  const into = join(sshd.folder, 'there', 'data');
  let cut = false;
  const first = uploadFolder(connect(), contents, into, ({ sentBytes }) => {
    if (sentBytes < 3e6 || cut) return;
    cut = true;
    sshd.cut();
  });
  await expect(first).rejects.toMatchObject({ fault: 'unreachable' });
  // A byte that rotted meanwhile.
  writeFileSync(join(`${into}.tmp`, 'info.json'), '[]');
  const { sentBytes, files } = await uploadFolder(connect(), contents, into);
  expect(sentBytes).toBeLessThan(contents.bytes);
  expect(sentBytes).toBeGreaterThan(0);
  expect(files).toBeLessThan(31);
  expect(readFileSync(join(into, 'info.json'), 'utf8')).toBe('{}');
  expect((await folderContents(into)).hash).toBe(contents.hash);
  expect(await uploadFolder(connect(), contents, into)).toEqual({ sentBytes: 0, files: 0 });
  rmSync(join(sshd.folder, 'there'), { recursive: true });
});

it('stops at a host that shows another key than before', async () => {
  expect((await connect({ alias: 'machine-1' }).run(['true'])).code).toBe(0);
  await sshd.changeHostKey();
  await expect(connect({ alias: 'machine-1' }).run(shScript('true'))).rejects.toMatchObject({
    fault: 'host-key',
    message: expect.stringContaining("ssh-keygen -R 'machine-1'"),
  });
  // Another machine at the same address.
  expect((await connect({ alias: 'machine-2' }).run(['true'])).code).toBe(0);
});
