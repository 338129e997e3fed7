/** What HDF5 files hold, without the times that the library writes beside every dataset. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import h5wasm, { Dataset, File, Group } from 'h5wasm/node';

/** Every HDF5 file of a folder by its names, attributes, types, shapes and values. */
export async function hdf5Digest(folder: string): Promise<string> {
  if (!existsSync(folder)) return 'nothing';
  await h5wasm.ready;
  const names = readdirSync(folder).sort();
  return names
    .map((name) => (name.endsWith('.hdf5') ? `${name} ${fileDigest(join(folder, name))}` : name))
    .join('\n');
}

function fileDigest(path: string): string {
  const hash = createHash('sha256');
  const file = new File(path, 'r');
  const visit = (name: string, entity: unknown): void => {
    if (!(entity instanceof Dataset || entity instanceof Group)) return;
    const attributes = Object.entries(entity.attrs).map(([key, { value }]) => [key, String(value)]);
    hash.update(JSON.stringify([name, attributes.sort()]));
    if (entity instanceof Dataset) {
      hash.update(JSON.stringify([entity.dtype, entity.shape]));
      const { value } = entity;
      hash.update(
        ArrayBuffer.isView(value)
          ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
          : String(value),
      );
    } else for (const key of entity.keys().sort()) visit(`${name}/${key}`, entity.get(key));
  };
  visit('', file);
  file.close();
  return hash.digest('hex').slice(0, 16);
}
