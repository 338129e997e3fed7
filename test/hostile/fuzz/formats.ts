/** A fuzzer for each format: a healthy file, changes that know its structure, and the command that reads it. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { HostileCase, Place } from '../case.ts';
import { DATA, datasetBase, EPISODES, INFO, STATS, TASKS, VIDEO, validate } from '../inputs/dataset.ts';
import { loopModel, model } from '../inputs/onnx-bytes.ts';
import { type PolicyFiles, policyCase } from '../inputs/policy.ts';
import { mutated, mutatedTree, mutations, treeMutations } from './mutations.ts';

export const FUZZED = ['dataset JSON', 'parquet', 'MP4', 'HDF5', 'ONNX', 'PNG', 'YAML', 'journals'] as const;
export type Fuzzed = (typeof FUZZED)[number];

/** Writes an input into a place; the same for the same value. */
export type FuzzInput = Pick<HostileCase, 'make' | 'argv' | 'probe'>;

const inDataset = (file: string, content: (whole: Buffer) => string | Uint8Array): FuzzInput => ({
  argv: validate,
  make: async (place: Place) => {
    const root = join(place.folder, 'dataset');
    cpSync(await datasetBase(), root, { recursive: true });
    writeFileSync(join(root, file), content(readFileSync(join(root, file))));
  },
});

const datasetJson = fc
  .tuple(fc.constantFrom(INFO, STATS), treeMutations)
  .map(([file, changes]) =>
    inDataset(file, (whole) => JSON.stringify(mutatedTree(JSON.parse(String(whole)), changes))),
  );

/** The footer, its length and the first page's header, where the counts are. */
const parquetPlaces = (file: Buffer): number[] => {
  const footer = file.readUInt32LE(file.length - 8);
  const inFooter = Array.from({ length: footer + 8 }, (_, i) => file.length - 1 - i);
  return [...inFooter, ...Array.from({ length: 40 }, (_, i) => 4 + i)];
};
const parquet = fc
  .tuple(fc.constantFrom(DATA, EPISODES, TASKS), mutations)
  .map(([file, changes]) => inDataset(file, (whole) => mutated(whole, changes, parquetPlaces(whole))));

/** All boxes' sizes and counts lie in the last kilobytes; the samples come before. */
const BOXES = [
  'moov',
  'trak',
  'mdia',
  'minf',
  'stbl',
  'stsd',
  'stts',
  'stsz',
  'stsc',
  'stco',
  'stss',
  'avcC',
];
const mp4Places = (file: Buffer): number[] =>
  BOXES.flatMap((box) => {
    const at = file.indexOf(box, 0, 'latin1');
    return at < 4 ? [] : [-4, 0, 4, 8, 12, 16].map((by) => at + by);
  });
const mp4 = mutations.map((changes) =>
  inDataset(VIDEO, (whole) => mutated(whole, changes, mp4Places(whole))),
);

const hdf5 = mutations.map(
  (changes): FuzzInput => ({
    argv: ({ folder, out }) => [
      'dataset',
      'convert',
      join(folder, 'h'),
      '--to',
      'lerobot',
      '--fps',
      '10',
      '--out',
      out,
    ],
    make: ({ folder }) => {
      mkdirSync(join(folder, 'h'));
      writeFileSync(join(folder, 'h', 'episode_0.hdf5'), mutated(hdf5Base(), changes));
    },
  }),
);

let hdf5Bytes: Buffer | undefined;
/** Made by the caller; see `useHdf5`. */
function hdf5Base(): Buffer {
  if (!hdf5Bytes) throw new Error('call useHdf5 first');
  return hdf5Bytes;
}
export function useHdf5(bytes: Buffer): void {
  hdf5Bytes = bytes;
}

const inPolicy = (change: (files: PolicyFiles) => void): FuzzInput =>
  policyCase({ name: '', kind: 'damaged', says: /\S/, change });
const onnx = fc.tuple(fc.boolean(), mutations).map(([loops, changes]) =>
  inPolicy((files) => {
    files.onnx = mutated(loops ? loopModel(2n) : model(), changes);
  }),
);
const pngPlaces = Array.from({ length: 60 }, (_, i) => i);
const png = mutations.map((changes) =>
  inPolicy((files) => {
    files.pictures['00.png'] = mutated(files.pictures['00.png'], changes, pngPlaces);
  }),
);

const SCENARIO = readFileSync(join(import.meta.dirname, '../../../scenarios/odd-sizes.yaml'));
const FRAGMENTS = [
  '&a ',
  '*a',
  '!!x ',
  '<<: ',
  '[',
  '{',
  '- ',
  '? ',
  '---\n',
  '1e999',
  '.nan',
  '\t',
  '"',
  '|\n',
  '\ufeff',
];
const yaml = fc
  .tuple(mutations, fc.array(fc.tuple(fc.nat(), fc.constantFrom(...FRAGMENTS)), { maxLength: 4 }))
  .map(
    ([changes, insertions]): FuzzInput => ({
      argv: ({ folder }) => ['scenario', 'validate', join(folder, 'mine.yaml')],
      make: ({ folder }) => {
        let text = mutated(SCENARIO, changes.slice(1)).toString('latin1');
        for (const [at, fragment] of insertions) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + fragment + text.slice(place);
        }
        writeFileSync(join(folder, 'mine.yaml'), text);
      },
    }),
  );

const LINES = [
  '{"type":"failed","job":0,"failures":[{"scenario":"wall","slot":0,"attempt":0,"reason":"timeout","detail":""}],"nextAttempt":1}',
  '{"type":"stack","stack":{"backend":"gl-egl"}}',
].join('\n');
const journals = mutations.map(
  (changes): FuzzInput => ({
    probe: 'journal',
    argv: ({ folder }) => [folder],
    make: ({ folder }) =>
      writeFileSync(join(folder, 'journal.jsonl'), mutated(Buffer.from(`${LINES}\n`), changes)),
  }),
);

export const FUZZERS: Record<Fuzzed, fc.Arbitrary<FuzzInput>> = {
  'dataset JSON': datasetJson,
  parquet,
  MP4: mp4,
  HDF5: hdf5,
  ONNX: onnx,
  PNG: png,
  YAML: yaml,
  journals,
};
