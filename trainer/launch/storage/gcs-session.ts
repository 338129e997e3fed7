/**
 * A resumable upload (https://cloud.google.com/storage/docs/performing-resumable-uploads). After a cut the server is
 * asked how much it has, so that only what is missing is sent again.
 */
import { StoreError } from '../remote/ports.ts';
import { sourceStream } from './folder-store.ts';
import { base64, type GcsConnection } from './gcs-connection.ts';
import { bodyOf, type HttpAnswer } from './http-exchange.ts';
import type { ObjectSource, WriteOptions } from './object-store.ts';
import { retried, TransientFault, waitBefore } from './retry.ts';

export interface Upload {
  name: string;
  source: ObjectSource;
  bytes: number;
  /** Hexadecimal. */
  md5: string;
  /** ifGenerationMatch: "0" where nothing may be there. */
  generation: string | undefined;
  onSent: WriteOptions['onSent'];
}

/** Of one PUT; a multiple of 256 KiB, as all but the last must be. */
export const PIECE_BYTES = 64 << 20;
/** A session that the server has forgotten is begun again this often. */
const SESSIONS = 3;
/** More of the object is wanted. */
const INCOMPLETE = 308;

/** @returns the object's description, as JSON */
export async function uploadBySession(connection: GcsConnection, wanted: Upload): Promise<Buffer> {
  const { name, md5, bytes, generation } = wanted;
  const key = JSON.stringify([connection.endpoint, connection.bucket, name, md5, bytes, generation]);
  for (let sessions = 1; ; sessions++) {
    try {
      const known = connection.sessions?.get(key);
      const session = known ?? (await beginSession(connection, wanted));
      if (known === undefined) connection.sessions?.set(key, session);
      const made = await throughSession(connection, wanted, session, known === undefined);
      connection.sessions?.drop(key);
      return made;
    } catch (error) {
      const fault = error instanceof StoreError ? error.fault : undefined;
      // What went wrong for a moment may go on later, in another process.
      if (fault !== 'transient') connection.sessions?.drop(key);
      if (fault !== 'not-found' || sessions === SESSIONS) throw error;
    }
  }
}

/** The session's URL, which by itself allows writing this object: it is never shown. */
async function beginSession(connection: GcsConnection, wanted: Upload): Promise<string> {
  const url = connection.url(`/upload/storage/v1/b/${connection.bucket}/o`, {
    uploadType: 'resumable',
    name: wanted.name,
    ifGenerationMatch: wanted.generation,
  });
  const body = Buffer.from(JSON.stringify({ name: wanted.name, md5Hash: base64(wanted.md5) }));
  const headers = {
    'content-type': 'application/json',
    'x-upload-content-type': 'application/octet-stream',
    'x-upload-content-length': `${wanted.bytes}`,
  };
  const { location } = await retried(connection.retry, async () => {
    const answer = await connection.once({ method: 'POST', url, headers, body }, [200, 201]);
    await bodyOf(answer);
    return answer.headers;
  });
  if (location) return location;
  throw new StoreError(
    'permission',
    `gs://${connection.bucket} began no upload: it answered without a Location`,
  );
}

async function throughSession(
  connection: GcsConnection,
  wanted: Upload,
  session: string,
  isNew: boolean,
): Promise<Buffer> {
  const { retry } = connection;
  let offset = 0;
  let isOffsetKnown = isNew;
  /** Since bytes arrived the last time. */
  let failures = 0;
  for (;;) {
    try {
      if (!isOffsetKnown) {
        const answer = await askHowFar(connection, wanted, session);
        if (answer.status !== INCOMPLETE) return await bodyOf(answer); // all had arrived, only its answer had not
        const persisted = await persistedBytes(answer);
        if (persisted > offset) failures = 0;
        offset = persisted;
        isOffsetKnown = true;
      }
      const answer = await sendPiece(connection, wanted, session, offset);
      if (answer.status !== INCOMPLETE) return await bodyOf(answer);
      const persisted = await persistedBytes(answer);
      if (persisted <= offset)
        throw new TransientFault(`gs://${connection.bucket} takes no more bytes of ${wanted.name}`);
      offset = persisted;
      failures = 0;
    } catch (error) {
      failures++;
      const mayGoWell = error instanceof StoreError && error.fault === 'transient';
      if (!mayGoWell || failures >= retry.tries) throw error;
      isOffsetKnown = false;
      await retry.wait(waitBefore(retry, failures, error));
    }
  }
}

function sendPiece(
  connection: GcsConnection,
  { source, bytes, onSent }: Upload,
  url: string,
  offset: number,
): Promise<HttpAnswer> {
  const end = Math.min(bytes, offset + PIECE_BYTES);
  const headers = { 'content-range': `bytes ${offset}-${end - 1}/${bytes}` };
  const piece = () => ({
    method: 'PUT' as const,
    url,
    headers,
    body: { stream: sourceStream(source, { start: offset, end: end - 1 }), bytes: end - offset },
    onSent,
  });
  return connection.once(piece, [200, 201, INCOMPLETE]);
}

function askHowFar(connection: GcsConnection, { bytes }: Upload, url: string): Promise<HttpAnswer> {
  const headers = { 'content-range': `bytes */${bytes}` };
  return connection.once({ method: 'PUT', url, headers }, [200, 201, INCOMPLETE]);
}

/** `Range: bytes=0-N` says N + 1; without it there is nothing yet. */
async function persistedBytes(answer: HttpAnswer): Promise<number> {
  await bodyOf(answer);
  const last = /^bytes=0-(\d+)$/.exec(answer.headers.range ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}
