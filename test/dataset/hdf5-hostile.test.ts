/** HDF5 files that lead elsewhere, are larger than they look, or are damaged: refused by name before anything is read. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { File } from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertToLerobot } from '../../dataset/hdf5/from-hdf5.ts';
import { Hdf5Reader } from '../../dataset/hdf5/hdf5-file.ts';
import { type Attributes, actItems, hdf5Folder, pixels, rowsOf } from './hdf5-files.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/hdf5');
let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-hdf5-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function refusal(root: string): Promise<string> {
  const out = join(folder, `made-${count++}`);
  const error = await convertToLerobot({ root, out, command: 'convert' }).then(
    () => new Error('it was converted'),
    (reason: Error) => reason,
  );
  expect(error.name, error.stack).toBe('InputError');
  expect(readdirSync(folder).filter((name) => name.startsWith(out))).toEqual([]);
  expect(existsSync(out)).toBe(false);
  return error.message;
}

const given = (then?: (file: File) => void, items = actItems(), attributes?: Attributes): Promise<string> =>
  hdf5Folder(join(folder, `given-${count++}`), items, { ...(attributes && { attributes }), then });

function fixture(name: string): string {
  const root = join(folder, `given-${count++}`);
  mkdirSync(root);
  copyFileSync(join(FIXTURES, name), join(root, 'episode_0.hdf5'));
  return root;
}

describe('an HDF5 file that', () => {
  it('keeps values in another file (external storage) is refused with both names', async () => {
    expect(await refusal(fixture('external-storage.hdf5'))).toMatch(
      /episode_0\.hdf5: \/observations\/qpos keeps its values in another file, "\/etc\/passwd" \(external storage\)/,
    );
  });

  it('is a view of another (virtual dataset) is refused', async () => {
    expect(await refusal(fixture('virtual-dataset.hdf5'))).toMatch(
      /qpos is a virtual dataset made of \/etc\/passwd/,
    );
  });

  it('needs a plugin of the library is refused with the number of its filter', async () => {
    expect(await refusal(fixture('plugin-filter.hdf5'))).toMatch(
      /compressed with the filter 32001.*h5repack/,
    );
  });

  it('links to another, or to a place of its own, is refused; all links at once', async () => {
    const root = await given((file) => {
      file.create_external_link('/etc/passwd', 'action', 'elsewhere');
      file.create_soft_link('/action', 'alias');
    });
    expect(await refusal(root)).toMatch(
      /2 faults:[\s\S]*soft link to "\/action"[\s\S]*external link to "\/etc\/passwd"/,
    );
  });

  it('has a group within itself is refused', async () => {
    const root = await given((file) => file.create_hard_link('/', 'observations/again'));
    expect(await refusal(root)).toMatch(/groups deep, at most 12/);
  });

  it('declares sizes that it does not hold is refused', async () => {
    const huge = (shape: number[]) => (file: File) => {
      const one = new Float32Array(10);
      const dataset = file.create_dataset({
        ...{
          name: 'huge',
          data: one,
          shape: [1, 10],
          maxshape: [null, 10] as never,
          chunks: [1, 10],
          dtype: '<f',
        },
      });
      dataset.resize(shape);
    };
    expect(await refusal(await given(huge([1e9, 10])))).toMatch(/\/huge says that it has 40000000000 bytes/);
  });

  it('has more rows than frames in what it needs is refused', async () => {
    const items = { ...actItems(), 'observations/qpos': rowsOf(3, 9) };
    expect(await refusal(await given(undefined, items))).toMatch(/qpos.*9 rows, the episode has 4/);
  });

  it('is no regular file, or is not HDF5, is refused', async () => {
    const root = join(folder, `given-${count++}`);
    mkdirSync(join(root, 'episode_0.hdf5'), { recursive: true });
    writeFileSync(join(root, 'episode_1.hdf5'), 'text');
    expect(await refusal(root)).toMatch(
      /episode_0\.hdf5 is a folder[\s\S]*episode_1\.hdf5: .*cannot be read as HDF5/,
    );
  });
});

describe('names and texts in an HDF5 file', () => {
  const feature = (name: string, dtype: string, shape: number[]) => ({
    [name]: { dtype, shape, names: null },
  });
  const own = { ...feature('action', 'float32', [3]), ...feature('observation.state', 'float32', [3]) };
  const described = (features: unknown): Attributes => ({ fps: 50, features: JSON.stringify(features) });
  const cases: [string, Attributes, RegExp][] = [
    [
      'a camera that leads out',
      described({ ...own, ...feature('../../x', 'video', [16, 32, 3]) }),
      /contains a path separator/,
    ],
    ['a column called ..', described({ ...own, ...feature('..', 'float32', [1]) }), /is a folder reference/],
    [
      'a name with a bidi character',
      described({ ...own, ...feature('a\u202e', 'float32', [1]) }),
      /control character/,
    ],
    [
      'a shape that its values do not have',
      described({ ...own, ...feature('action', 'float32', [9]) }),
      /rows of 9/,
    ],
    [
      'a type that there is none of',
      described({ ...own, ...feature('x', 'object', [1]) }),
      /features: x\.dtype/,
    ],
    ['features that are not JSON', { fps: 50, features: '{' }, /features is not JSON/],
    ['a rate that is none', { fps: -1 }, /fps is -1/],
    ['provenance that is none', { fps: 50, provenance: '{"key": 1}' }, /provenance cannot be used/],
  ];
  it.each(cases)('are refused: %s', async (_name, attributes, message) => {
    expect(await refusal(await given(undefined, actItems(), attributes))).toMatch(message);
  });

  it('are refused where a camera is called so that a folder would lie outside', async () => {
    const items = { ...actItems(), [`observations/images/${'n'.repeat(220)}`]: pixels() };
    expect(await refusal(await given(undefined, items))).toMatch(/has \d+ bytes, at most 200/);
  });
});

describe('a damaged HDF5 file', () => {
  it('is read as it was, or refused with a sentence, whichever of its bytes is lost', async () => {
    const root = await given();
    const path = join(root, 'episode_0.hdf5');
    const whole = readFileSync(path);
    const reader = new Hdf5Reader();
    const healthy = (await reader.open(path)).datasets.map((dataset) => dataset.path);
    const lost: number[] = [];
    // Everything but the values themselves lies in the first part and before each dataset.
    for (let at = 0; at < 4096; at += 211) {
      const copy = Buffer.from(whole);
      copy[at] ^= 0xff;
      writeFileSync(path, copy);
      try {
        const { datasets, faults } = await reader.open(path);
        const isComplete = healthy.every((name) => datasets.some((dataset) => dataset.path === name));
        if (!isComplete && faults.length === 0) lost.push(at);
      } catch (error) {
        expect((error as Error).name).toBe('InputError');
      }
    }
    await reader.close();
    // Where the byte was part of a name, the dataset has another name.
    expect(lost.filter((at) => !/[a-z]/.test(whole.toString('latin1', at, at + 1)))).toEqual([]);
  }, 60_000);
});
