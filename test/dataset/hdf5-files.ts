/** HDF5 files for tests, in the layouts of others, made with h5wasm. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import h5wasm, { type File } from 'h5wasm/node';

export interface Hdf5Item {
  data: Float32Array | Float64Array | Uint8Array | Uint16Array | Int32Array | BigInt64Array | string[];
  shape?: number[];
  dtype?: string;
}

export const FRAMES = 4;
export const SIZE = { widthPx: 32, heightPx: 16 };

/** `frames` rows of `width` numbers, each other than all others. */
export const rowsOf = (width: number, frames = FRAMES): Hdf5Item => ({
  data: Float32Array.from({ length: frames * width }, (_, i) => i / 64),
  shape: [frames, width],
});

/** A picture with a level of its own for each channel and place: red grows to the right, green downwards. */
export function pixels({ isPlanar = false, frames = FRAMES } = {}): Hdf5Item {
  const { widthPx, heightPx } = SIZE;
  const data = new Uint8Array(frames * widthPx * heightPx * 3);
  for (let at = 0; at < frames; at++) {
    for (let y = 0; y < heightPx; y++) {
      for (let x = 0; x < widthPx; x++) {
        const levels = [40 + x * 5, 40 + y * 10, 60 + 20 * at];
        for (let c = 0; c < 3; c++) {
          const inPicture = isPlanar ? (c * heightPx + y) * widthPx + x : (y * widthPx + x) * 3 + c;
          data[at * widthPx * heightPx * 3 + inPicture] = levels[c];
        }
      }
    }
  }
  return { data, shape: isPlanar ? [frames, 3, heightPx, widthPx] : [frames, heightPx, widthPx, 3] };
}

/** What ACT's recorder writes: state, action and one camera. */
export const actItems = (): Record<string, Hdf5Item> => ({
  action: rowsOf(3),
  'observations/qpos': rowsOf(3),
  'observations/images/top': pixels(),
});

export type Attributes = Record<string, string | number>;

/** A folder with `episode_0.hdf5`; `then` adds what items cannot say. */
export async function hdf5Folder(
  folder: string,
  items: Record<string, Hdf5Item>,
  {
    attributes = { fps: 50, task: 'lift' },
    then,
  }: { attributes?: Attributes; then?: (file: File) => void } = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  await h5wasm.ready;
  const file = new h5wasm.File(join(folder, 'episode_0.hdf5'), 'w');
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'number') file.create_attribute(name, value, [], '<d');
    else file.create_attribute(name, value);
  }
  const groups = new Set<string>();
  for (const [path, item] of Object.entries(items)) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, i) => {
      const group = parts.slice(0, i + 1).join('/');
      if (!groups.has(group)) file.create_group(group);
      groups.add(group);
    });
    file.create_dataset({ name: path, ...item } as never);
  }
  then?.(file);
  file.close();
  return folder;
}
