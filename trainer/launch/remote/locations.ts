/** What `--dataset` and `--out` of a remote training may name. */

import { userPath } from '../../../runtime/user-path.ts';
import { InputError } from '../../../sim/errors.ts';
import { looksLikeStoreUrl, parseStoreUrl } from '../storage/store-url.ts';

/**
 * A dataset's URL without a slash at its end, or an absolute folder.
 * @throws InputError that shows how one is written
 */
export function datasetLocation(text: string): string {
  const plain = withoutEnd(text);
  if (!looksLikeStoreUrl(plain)) return userPath(plain);
  const address = parseStoreUrl(plain, '--dataset');
  if (address.kind === 'folder') return address.folder;
  if (address.kind === 'hub' && address.repoType === 'model')
    throw new InputError(
      `--dataset ${text} names a model; a dataset of the Hub is written hf://datasets/OWNER/NAME`,
    );
  return plain;
}

/** @throws InputError that shows how one is written */
export function storeLocation(text: string): string {
  const plain = withoutEnd(text);
  if (!plain.startsWith('/') && !looksLikeStoreUrl(plain))
    throw new InputError(
      `--out is "${text}"; a remote training keeps its checkpoints in gs://BUCKET/PREFIX, hf://OWNER/NAME, or an absolute folder that both machines see`,
    );
  const address = parseStoreUrl(plain, '--out');
  return address.kind === 'folder' ? address.folder : plain;
}

/** Whether it is a folder here rather than a URL. */
export function isFolder(location: string): boolean {
  return location.startsWith('/');
}

function withoutEnd(text: string): string {
  return text.trim().replace(/(?<=[^/:])\/+$/, '');
}
