/**
 * Where checkpoints and datasets lie, as the user writes it:
 *   gs://bucket/prefix         Google Cloud Storage
 *   hf://owner/name/prefix     model repository of the Hugging Face Hub
 *   hf://datasets/owner/name   dataset repository
 *   /folder, file:///folder    a folder or mounted volume
 */
import { fileURLToPath } from 'node:url';
import { InputError } from '../../../sim/errors.ts';

export type StoreAddress =
  | { kind: 'gs'; bucket: string; prefix: string }
  | { kind: 'hub'; repoType: 'model' | 'dataset'; repo: string; prefix: string }
  | { kind: 'folder'; folder: string };

/** Google's rules for bucket names, those without dots checked in full. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
/** The Hub's rules for names of owners and repositories. */
const HUB_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;

const KINDS = 'gs://bucket/prefix, hf://owner/name, hf://datasets/owner/name or an absolute folder';

/**
 * @param subject what the URL was given for, such as --out
 * @throws InputError
 */
export function parseStoreUrl(url: string, subject: string): StoreAddress {
  if (url.startsWith('/')) return { kind: 'folder', folder: url };
  if (url.startsWith('file:')) return { kind: 'folder', folder: folderOf(url, subject) };
  const [, scheme, rest] = /^([a-z]+):\/\/(.*)$/.exec(url) ?? [];
  const parts = (rest ?? '').replace(/\/+$/, '').split('/');
  if (/[?#@\s\\]/.test(url) || parts.some((part, i) => (part === '' && i > 0) || /^\.\.?$/.test(part)))
    throw new InputError(`${subject} is "${shownUrl(url)}", which is no plain URL: give ${KINDS}`);
  if (scheme === 'gs') return gsAddress(parts, url, subject);
  if (scheme === 'hf') return hubAddress(parts, url, subject);
  throw new InputError(`${subject} is "${shownUrl(url)}"; give ${KINDS}`);
}

/** Whether it is meant as one, right or wrong, and not as a path of this machine. */
export function looksLikeStoreUrl(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text) || text.startsWith('file:');
}

/** `url` with `path` below it. */
export function joinUrl(url: string, path: string): string {
  return `${url.replace(/\/+$/, '')}/${path}`;
}

/** Without what might be a password in it. */
function shownUrl(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//…@');
}

function folderOf(url: string, subject: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new InputError(`${subject} is "${shownUrl(url)}"; a folder is file:///absolute/folder`);
  }
}

function gsAddress([bucket, ...prefix]: string[], url: string, subject: string): StoreAddress {
  if (BUCKET.test(bucket)) return { kind: 'gs', bucket, prefix: prefix.join('/') };
  throw new InputError(
    `${subject} is "${url}", whose bucket "${bucket}" is no bucket's name: 3 to 222 lower-case letters, digits, dots, dashes`,
  );
}

function hubAddress(parts: string[], url: string, subject: string): StoreAddress {
  const isDataset = parts[0] === 'datasets';
  const [owner = '', name = '', ...prefix] = isDataset ? parts.slice(1) : parts;
  if (HUB_NAME.test(owner) && HUB_NAME.test(name) && owner !== 'spaces')
    return {
      kind: 'hub',
      repoType: isDataset ? 'dataset' : 'model',
      repo: `${owner}/${name}`,
      prefix: prefix.join('/'),
    };
  throw new InputError(`${subject} is "${url}"; a repository is hf://owner/name or hf://datasets/owner/name`);
}
