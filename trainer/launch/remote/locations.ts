/** What `--dataset` and `--out` of a remote training may name. */
import { InputError } from '../../../sim/errors.ts';
import { userPath } from '../../../sim/host/user-path.ts';

/** cloud.google.com/storage/docs/buckets#naming */
const BUCKET = /^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](\/[^\0\n\r?#*[\]]*)?$/;
const HUB_NAME = '[A-Za-z0-9][\\w.-]{0,95}/[A-Za-z0-9][\\w.-]{0,95}';
const HUB_MODEL = new RegExp(`^hf://${HUB_NAME}$`);
const HUB_DATASET = new RegExp(`^hf://datasets/${HUB_NAME}$`);

/**
 * A dataset's URL without a slash at its end, or an absolute folder.
 * @throws InputError that shows how one is written
 */
export function datasetLocation(text: string): string {
  const plain = withoutEnd(text);
  if (BUCKET.test(plain) || HUB_DATASET.test(plain)) return plain;
  if (HUB_MODEL.test(plain))
    throw new InputError(
      `--dataset ${text} names a model; a dataset of the Hub is written hf://datasets/OWNER/NAME`,
    );
  if (!/^[a-z][a-z0-9+.-]*:/i.test(plain)) return userPath(plain);
  if (plain.startsWith('file:///')) return plain.slice('file://'.length);
  throw new InputError(
    `--dataset is "${text}"; it takes gs://BUCKET/PREFIX, hf://datasets/OWNER/NAME or a folder`,
  );
}

/** @throws InputError that shows how one is written */
export function storeLocation(text: string): string {
  const plain = withoutEnd(text);
  if (BUCKET.test(plain) || HUB_MODEL.test(plain) || HUB_DATASET.test(plain)) return plain;
  if (plain.startsWith('/')) return plain;
  if (plain.startsWith('file:///')) return plain.slice('file://'.length);
  throw new InputError(
    `--out is "${text}"; a remote training keeps its checkpoints in gs://BUCKET/PREFIX, hf://OWNER/NAME, or an absolute folder that both machines see`,
  );
}

/** Whether it is a folder here rather than a URL. */
export function isFolder(location: string): boolean {
  return location.startsWith('/');
}

function withoutEnd(text: string): string {
  return text.trim().replace(/(?<=[^/:])\/+$/, '');
}
