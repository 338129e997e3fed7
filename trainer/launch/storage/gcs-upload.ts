/**
 * Brings one object into Google Cloud Storage: small ones in one request, large ones by a session. The md5 goes along,
 * so that the server itself refuses bytes that are others.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { sourceStream } from './folder-store.ts';
import { base64, type GcsConnection } from './gcs-connection.ts';
import { type Upload, uploadBySession } from './gcs-session.ts';
import { bodyOf } from './http-exchange.ts';
import type { ObjectSource } from './object-store.ts';
import { retried } from './retry.ts';

/** What an upload in one request may lose to a cut. */
export const ONE_REQUEST_BYTES = 1 << 20;

export interface UploadedObject {
  generation: string;
  size: string;
  md5Hash?: string;
}

/** @throws StoreError also `conflict`; the caller looks whether the object there is this one */
export async function upload(connection: GcsConnection, wanted: Upload): Promise<UploadedObject> {
  const isSmall = wanted.bytes <= ONE_REQUEST_BYTES;
  const body = await (isSmall ? inOneRequest(connection, wanted) : uploadBySession(connection, wanted));
  return JSON.parse(body.toString('utf8'));
}

export async function measured(source: ObjectSource): Promise<{ bytes: number; md5: string }> {
  const hash = createHash('md5');
  if (source instanceof Uint8Array) return { bytes: source.length, md5: hash.update(source).digest('hex') };
  for await (const chunk of createReadStream(source.file, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Buffer);
  return { bytes: (await stat(source.file)).size, md5: hash.digest('hex') };
}

function inOneRequest(connection: GcsConnection, wanted: Upload): Promise<Buffer> {
  return retried(connection.retry, async () => {
    const boundary = `brickyard-${wanted.md5}`;
    const metadata = JSON.stringify({ name: wanted.name, md5Hash: base64(wanted.md5) });
    const head = `--${boundary}\r\ncontent-type: application/json\r\n\r\n${metadata}\r\n--${boundary}\r\ncontent-type: application/octet-stream\r\n\r\n`;
    const parts: Uint8Array[] = [Buffer.from(head)];
    for await (const part of sourceStream(wanted.source)) parts.push(part as Buffer);
    parts.push(Buffer.from(`\r\n--${boundary}--\r\n`));
    const body = Buffer.concat(parts);
    const url = connection.url(`/upload/storage/v1/b/${connection.bucket}/o`, {
      uploadType: 'multipart',
      name: wanted.name,
      ifGenerationMatch: wanted.generation,
    });
    const headers = { 'content-type': `multipart/related; boundary=${boundary}` };
    return bodyOf(
      await connection.once({ method: 'POST', url, headers, body, onSent: wanted.onSent }, [200]),
    );
  });
}
