/** The store that a URL names. */

import { FolderStore } from './folder-store.ts';
import { GcsStore } from './gcs-store.ts';
import { googleTokens, type TokenSource } from './google-token.ts';
import { HubStore } from './hub-store.ts';
import type { ObjectStore } from './object-store.ts';
import { StoredRun } from './run-store.ts';
import { joinUrl, parseStoreUrl } from './store-url.ts';
import { uploadSessionsOnDisk } from './upload-sessions.ts';

export interface StoreAccess {
  /** What the URL was given for, in faults. */
  subject?: string;
  /** For gs://; without it the account that Google's libraries find. */
  googleToken?: TokenSource;
  /** For hf://; without it the environment's HF_TOKEN. */
  hubToken?: string;
  /** Of another server than Google's, which then gets no token but one given here. */
  gcsEndpoint?: string;
  hubEndpoint?: string;
}

/** @throws InputError when the URL is none */
export function openStore(url: string, access: StoreAccess = {}): ObjectStore {
  const address = parseStoreUrl(url, access.subject ?? 'the storage');
  if (address.kind === 'folder') return new FolderStore(address.folder);
  if (address.kind === 'hub')
    return new HubStore({
      ...address,
      endpoint: access.hubEndpoint ?? process.env.HF_ENDPOINT ?? 'https://huggingface.co',
      token: access.hubToken ?? process.env.HF_TOKEN ?? null,
    });
  const custom = access.gcsEndpoint ?? process.env.BRICKYARD_GCS_ENDPOINT;
  return new GcsStore({
    ...address,
    sessions: uploadSessionsOnDisk(),
    endpoint: custom ?? 'https://storage.googleapis.com',
    // Whoever runs another server is not to learn what opens Google's.
    token: access.googleToken ?? (custom === undefined ? googleTokens() : tokenForOthers()),
  });
}

/** What is stored of one run. */
export function openRunStore(out: string, runId: string, access: StoreAccess = {}): StoredRun {
  return new StoredRun(openStore(joinUrl(out, runId), { subject: '--out', ...access }));
}

function tokenForOthers(): TokenSource {
  const token = process.env.BRICKYARD_GCS_TOKEN ?? null;
  return { token: async () => token };
}
