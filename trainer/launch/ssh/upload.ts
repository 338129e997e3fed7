/**
 * A folder onto a host: tar over ssh into FOLDER.tmp, every file's sha256 compared there, then renamed. After a cut the
 * files that arrived whole are not sent again.
 */
import { spawn } from 'node:child_process';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HostError } from '../remote/ports.ts';
import type { SshConnection } from './connection.ts';
import type { FolderContents, FolderFile } from './folder-files.ts';
import { shScript } from './remote-words.ts';

export interface UploadProgress {
  sentBytes: number;
  /** Of what was missing there. */
  totalBytes: number;
}

export interface UploadResult {
  /** Contents of the files that were sent; 0 when all was there. */
  sentBytes: number;
  files: number;
}

/** A stalled connection is ended by ssh's own keepalive; this bounds what that does not see. */
const LONGEST_S = 24 * 3600;

const IS_THERE = '[ -d "$1" ] && echo yes; true';
/** Which lines of the list on stdin (sha256, two spaces, path) do not hold in the temporary folder. */
const MISSING = `
mkdir -p "$1.tmp" && cd "$1.tmp" || exit 1
LC_ALL=C sha256sum -c - 2>/dev/null | grep -v ': OK$' | sed 's/\\(.*\\): FAILED.*$/\\1/'
exit 0`;
const UNPACK = 'tar -x -f - -C "$1.tmp" --no-same-owner';
const PUBLISH = `
cd "$1.tmp" || exit 1
LC_ALL=C sha256sum -c --quiet - >&2 || exit 1
cd / && { sync -f "$1.tmp" 2>/dev/null || sync; } && { mv -T "$1.tmp" "$1" || [ -d "$1" ]; }`;

/**
 * @param into absolute folder there
 * @throws HostError
 */
export async function uploadFolder(
  ssh: SshConnection,
  contents: FolderContents,
  into: string,
  onProgress: (progress: UploadProgress) => void = () => {},
): Promise<UploadResult> {
  if ((await ssh.demand(shScript(IS_THERE, into))).toString().trim() === 'yes')
    return { sentBytes: 0, files: 0 };
  const list = contents.files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('');
  const missing = await missingFiles(ssh, contents, into, list);
  const totalBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  if (missing.length > 0) await sendTar(ssh, contents.root, missing, into, totalBytes, onProgress);
  await ssh.demand(shScript(PUBLISH, into), { stdin: list, timeoutS: LONGEST_S });
  return { sentBytes: totalBytes, files: missing.length };
}

async function missingFiles(
  ssh: SshConnection,
  { files }: FolderContents,
  into: string,
  list: string,
): Promise<FolderFile[]> {
  const said = await ssh.demand(shScript(MISSING, into), { stdin: list, timeoutS: LONGEST_S });
  const paths = new Set(said.toString().split('\n').filter(Boolean));
  return files.filter(({ path }) => paths.has(path));
}

async function sendTar(
  ssh: SshConnection,
  root: string,
  files: readonly FolderFile[],
  into: string,
  totalBytes: number,
  onProgress: (progress: UploadProgress) => void,
): Promise<void> {
  const tar = spawn(
    'tar',
    ['-c', '-h', '-f', '-', '-C', root, '--null', '--verbatim-files-from', '-T', '-'],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let said = '';
  tar.stderr.on('data', (part) => {
    said += part;
  });
  tar.stdin.on('error', () => {});
  tar.stdin.end(files.map(({ path }) => path).join('\0'));
  const ended = new Promise<number>((resolve) => {
    tar.on('error', () => resolve(127));
    tar.on('close', (code) => resolve(code ?? 1));
  });
  const sent = new PassThrough();
  let sentBytes = 0;
  const count = new Transform({
    transform(part: Buffer, _encoding, done) {
      sentBytes = Math.min(sentBytes + part.length, totalBytes);
      onProgress({ sentBytes, totalBytes });
      done(null, part);
    },
  });
  const piped = pipeline(tar.stdout, count, sent).catch(() => {});
  try {
    await ssh.demand(shScript(UNPACK, into), { stdin: sent, timeoutS: LONGEST_S });
  } finally {
    sent.destroy();
    tar.kill('SIGKILL');
    await piped;
  }
  if ((await ended) > 1) throw new HostError('setup-failed', `tar cannot pack ${root}: ${said.trim()}`);
}
