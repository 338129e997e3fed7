/**
 * One commit of the Hub: large files first, as git LFS objects named by their sha256 (which the Hub asks for only once,
 * so that a second try sends what is missing), then all names in one step.
 * Formats: https://huggingface.co/docs/hub/api and github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
 */
import { StoreError } from '../remote/ports.ts';
import { sourceStream } from './folder-store.ts';
import { bodyOf } from './http-exchange.ts';
import type { HubConnection } from './hub-connection.ts';
import type { ObjectSource, WriteOptions } from './object-store.ts';
import { retried, TransientFault } from './retry.ts';
import { digestOfSource, sizeOf } from './same-bytes.ts';

export const REVISION = 'main';
/** Larger ones come in parts that only the Hub's own libraries know. */
const LARGEST_LFS_BYTES = 5e9;
/** What the Hub looks at to tell text from binary. */
const SAMPLE_BYTES = 512;

export interface HubChange {
  summary: string;
  /** Paths in the repository. */
  write: readonly { path: string; source: ObjectSource }[];
  remove: readonly string[];
  /** The commit it must follow; with another one in between it fails with `conflict`. */
  parent?: string;
  onSent?: WriteOptions['onSent'];
}

interface Prepared {
  path: string;
  source: ObjectSource;
  bytes: number;
  sha256: string;
}

export async function commit(connection: HubConnection, change: HubChange): Promise<void> {
  const files = await Promise.all(change.write.map(prepared));
  const large = await largeOnes(connection, files);
  await sendLarge(
    connection,
    files.filter(({ path }) => large.has(path)),
    change.onSent,
  );
  const value = {
    summary: change.summary,
    description: '',
    ...(change.parent && { parentCommit: change.parent }),
  };
  const lines: unknown[] = [{ key: 'header', value }];
  for (const { path, source, bytes, sha256 } of files) {
    if (large.has(path))
      lines.push({ key: 'lfsFile', value: { path, algo: 'sha256', oid: sha256, size: bytes } });
    else
      lines.push({
        key: 'file',
        value: { path, encoding: 'base64', content: (await wholeOf(source)).toString('base64') },
      });
  }
  for (const path of change.remove) lines.push({ key: 'deletedFile', value: { path } });
  const body = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const url = connection.api(`commit/${REVISION}`);
  // Tried once: a commit whose answer was lost is told from one that failed by looking (hub-store.ts).
  const headers = { 'content-type': 'application/x-ndjson' };
  await bodyOf(
    await connection.once({ method: 'POST', url, body, headers, onSent: change.onSent }, [200, 201]),
  );
}

/** Makes the repository, private, unless it is there. */
export async function createRepository(connection: HubConnection): Promise<void> {
  const [organization, name] = connection.repo.split('/');
  const wanted = { type: connection.repoType, name, organization, private: true };
  const body = Buffer.from(JSON.stringify(wanted));
  const url = `${connection.endpoint}/api/repos/create`;
  const headers = { 'content-type': 'application/json' };
  await bodyOf(await connection.request({ method: 'POST', url, body, headers }, [200, 409]));
}

/** A name for the newest commit; one that is there already stays where it is. */
export async function tagHead(connection: HubConnection, tag: string): Promise<void> {
  const body = Buffer.from(JSON.stringify({ tag }));
  const url = connection.api(`tag/${REVISION}`);
  const headers = { 'content-type': 'application/json' };
  await bodyOf(await connection.request({ method: 'POST', url, body, headers }, [200, 201, 409]));
}

/** The newest commit. */
export async function headOf(connection: HubConnection): Promise<string> {
  const { value } = await connection.json<{ sha: string }>({
    method: 'GET',
    url: connection.api(`revision/${REVISION}`),
  });
  return value.sha;
}

async function prepared({ path, source }: { path: string; source: ObjectSource }): Promise<Prepared> {
  const [, sha256] = (await digestOfSource('sha256', source)).split(':');
  return { path, source, bytes: await sizeOf(source), sha256 };
}

async function largeOnes(connection: HubConnection, files: readonly Prepared[]): Promise<Set<string>> {
  if (files.length === 0) return new Set();
  const asked = await Promise.all(
    files.map(async ({ path, source, bytes }) => {
      const sample = bytes === 0 ? Buffer.alloc(0) : await wholeOf(source, SAMPLE_BYTES);
      return { path, size: bytes, sample: sample.toString('base64') };
    }),
  );
  const { value } = await connection.post<{ files: { path: string; uploadMode: string }[] }>(
    connection.api(`preupload/${REVISION}`),
    { files: asked },
  );
  return new Set(value.files.filter((file) => file.uploadMode === 'lfs').map((file) => file.path));
}

interface LfsObject {
  oid: string;
  actions?: {
    upload?: { href: string; header?: Record<string, string> };
    verify?: { href: string; header?: Record<string, string> };
  };
  error?: { code: number; message: string };
}

async function sendLarge(
  connection: HubConnection,
  files: readonly Prepared[],
  onSent: WriteOptions['onSent'],
): Promise<void> {
  if (files.length === 0) return;
  const tooLarge = files.find(({ bytes }) => bytes > LARGEST_LFS_BYTES);
  if (tooLarge)
    throw new StoreError(
      'full',
      `${tooLarge.path} has ${tooLarge.bytes} bytes, at most 5 GB go to the Hub: write smaller shards`,
    );
  for (const file of files)
    await retried(connection.retry, async () => {
      // Asked for each try: the addresses expire, and what has arrived is not asked for again.
      const { value } = await connection.post<{ objects: LfsObject[] }>(
        connection.files('.git/info/lfs/objects/batch'),
        {
          operation: 'upload',
          transfers: ['basic'],
          hash_algo: 'sha256',
          ref: { name: REVISION },
          objects: [{ oid: file.sha256, size: file.bytes }],
        },
        { accept: 'application/vnd.git-lfs+json', 'content-type': 'application/vnd.git-lfs+json' },
      );
      const [{ actions, error }] = value.objects;
      if (error)
        throw new StoreError('permission', `${connection.url} does not take ${file.path}: ${error.message}`);
      if (!actions?.upload) return;
      const { href, header: headers } = actions.upload;
      const put = () => ({
        method: 'PUT' as const,
        url: href,
        headers,
        body: { stream: sourceStream(file.source), bytes: file.bytes },
        onSent,
      });
      await bodyOf(await addressed(connection, put, file.path));
      if (actions.verify)
        await connection.post(
          actions.verify.href,
          { oid: file.sha256, size: file.bytes },
          actions.verify.header,
        );
    });
}

/** An expired address is refused by 403: another is asked for. */
async function addressed(connection: HubConnection, put: Parameters<HubConnection['once']>[0], path: string) {
  try {
    return await connection.once(put, [200, 201]);
  } catch (error) {
    if (error instanceof StoreError && error.fault === 'permission')
      throw new TransientFault(`the address for ${path} was refused: ${error.message}`);
    throw error;
  }
}

async function wholeOf(source: ObjectSource, most?: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of sourceStream(source, most === undefined ? {} : { start: 0, end: most - 1 }))
    parts.push(part as Buffer);
  return Buffer.concat(parts);
}
