/**
 * Puts a policy folder where others take it from: exactly the files of its contract, checked before and scrubbed of
 * nothing, for what holds a secret is refused. policy.json goes last and names the hashes of the rest.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GOLDEN_FILE, goldenSchema, POLICY_FILE } from '../../../policy/contract.ts';
import { loadPolicy } from '../../../policy/policy-folder.ts';
import { InputError } from '../../../sim/errors.ts';
import { Scrubber } from '../remote/scrub.ts';
import { createRepository } from './hub-commit.ts';
import { HubStore } from './hub-store.ts';
import type { ObjectStore } from './object-store.ts';
import { hasBytesOf, sizeOf } from './same-bytes.ts';

export interface PolicyPush {
  /** As they lie there, policy.json last. */
  files: string[];
  bytes: number;
  sentBytes: number;
  /** Of an earlier policy, taken away. */
  removed: string[];
}

export interface PolicyPushOptions {
  /** Known secret values, which the folder must not hold. */
  secrets?: readonly string[];
  onSent?(bytes: number): void;
}

/**
 * @throws InputError when the folder is no policy, or the place holds something else than a policy
 * @throws StoreError
 */
export async function pushPolicy(
  folder: string,
  store: ObjectStore,
  { secrets = [], onSent }: PolicyPushOptions = {},
): Promise<PolicyPush> {
  const policy = await loadPolicy(folder);
  refuseSecrets(JSON.stringify(policy.contract), secrets, folder);
  const pictures = await picturesOf(folder);
  const files = [...new Set([policy.contract.onnx.file, ...pictures, GOLDEN_FILE, POLICY_FILE])];
  if (store instanceof HubStore) await createRepository(store.connection);
  const there = await store.list('');
  refuseOthers(
    store.url,
    there.map(({ path }) => path),
  );
  const objects = new Map(there.map((info) => [info.path, info]));
  let sentBytes = 0;
  let bytes = 0;
  const entries = [];
  for (const path of files) {
    const source = { file: join(folder, path) };
    bytes += await sizeOf(source);
    const info = objects.get(path);
    if (!info || !(await hasBytesOf(store, info, source))) entries.push({ path, source });
  }
  await store.writeAll(entries, {
    onSent: (sent) => {
      sentBytes += sent;
      onSent?.(sent);
    },
  });
  const removed = there.map(({ path }) => path).filter((path) => isPolicyFile(path) && !files.includes(path));
  await store.deleteAll(removed);
  return { files, bytes, sentBytes, removed };
}

async function picturesOf(folder: string): Promise<string[]> {
  const { pairs } = goldenSchema.parse(JSON.parse(await readFile(join(folder, GOLDEN_FILE), 'utf8')));
  return pairs.flatMap(({ images }) => images.map(({ file }) => `golden/${file}`));
}

/** The command line, paths and names are in it as they were typed. */
function refuseSecrets(contract: string, secrets: readonly string[], folder: string): void {
  if (new Scrubber(secrets).scrub(contract) === contract) return;
  throw new InputError(
    `${join(folder, POLICY_FILE)} holds what looks like a secret (in its command, perhaps): train or export again without it on the command line`,
  );
}

function isPolicyFile(path: string): boolean {
  return path === POLICY_FILE || /^[^/]+\.onnx$/.test(path) || /^golden\/[^/]+\.(png|json)$/.test(path);
}

/** Of a repository a card and its settings may stay; anything else is somebody's run. */
function refuseOthers(url: string, paths: readonly string[]): void {
  const strange = paths.find(
    (path) => !isPolicyFile(path) && !/^(README\.md|LICENSE|\.gitattributes)$/.test(path),
  );
  if (strange === undefined) return;
  throw new InputError(`${url} holds ${strange}, so it is no place of a policy alone: name an empty one`);
}
