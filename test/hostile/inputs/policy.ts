/** Policy folders: copies of the tiny policy with one thing changed, hashes made right again. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TINY_POLICY } from '../../policy/altered-policy.ts';
import type { Format, HostileCase, HostileClass, Place } from '../case.ts';
import { STANDS } from './not-regular.ts';
import { model } from './onnx-bytes.ts';

// biome-ignore lint/suspicious/noExplicitAny: JSON that is changed at will
type Json = any;

export interface PolicyFiles {
  contract: Json;
  golden: Json;
  onnx: Buffer;
  /** By name in golden/. */
  pictures: Record<string, Buffer>;
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** Writes the files; hashes and sizes follow them where `asClaimed` is not set. */
function writePolicy(
  folder: string,
  change: (files: PolicyFiles) => void,
  after?: (files: PolicyFiles) => void,
) {
  cpSync(TINY_POLICY, folder, { recursive: true });
  const read = (name: string) => readFileSync(join(folder, name));
  const files: PolicyFiles = {
    contract: JSON.parse(String(read('policy.json'))),
    golden: JSON.parse(String(read('golden/pairs.json'))),
    onnx: read('policy.onnx'),
    pictures: { '00.png': read('golden/00.png'), '01.png': read('golden/01.png') },
  };
  change(files);
  const { contract, golden, onnx, pictures } = files;
  for (const [name, bytes] of Object.entries(pictures)) writeFileSync(join(folder, 'golden', name), bytes);
  for (const pair of Array.isArray(golden.pairs) ? golden.pairs : [])
    for (const image of Array.isArray(pair?.images) ? pair.images : [])
      if (pictures[image?.file]) image.sha256 = sha256(pictures[image.file]);
  const text = JSON.stringify(golden);
  writeFileSync(join(folder, 'golden/pairs.json'), text);
  writeFileSync(join(folder, 'policy.onnx'), onnx);
  contract.golden = { sha256: sha256(text), pairs: golden.pairs?.length ?? 0 };
  contract.onnx = { ...contract.onnx, sha256: sha256(onnx), bytes: onnx.length };
  after?.(files);
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(contract));
}

interface PolicyCase {
  name: string;
  kind: HostileClass;
  format?: Format;
  change?: (files: PolicyFiles) => void;
  /** Once hashes are right. */
  after?: (files: PolicyFiles) => void;
  /** Once all files are written. */
  spoil?: (folder: string, place: Place) => void;
  says: RegExp;
  codes?: readonly number[];
}

export function policyCase(options: PolicyCase): HostileCase {
  const { name, kind, format = 'policy folder', codes = [2], says } = options;
  return {
    ...{ name, kind, format, codes, says },
    probe: 'policy',
    argv: ({ folder }) => [join(folder, 'policy')],
    make: (place) => {
      const folder = join(place.folder, 'policy');
      writePolicy(folder, options.change ?? (() => {}), options.after);
      options.spoil?.(folder, place);
    },
  };
}

const value = (path: string, wrong: unknown, kind: HostileClass = 'wrong value'): HostileCase =>
  policyCase({
    name: `policy.json: ${path} is ${String(JSON.stringify(wrong)).slice(0, 50)}`,
    kind,
    says: new RegExp(`policy\\.json|${path.split('.')[0]}|${path.split('.').at(-1)}`),
    after: ({ contract }) => {
      const keys = path.split('.');
      let at = contract;
      for (const key of keys.slice(0, -1)) at = at[key];
      at[keys.at(-1)!] = wrong;
    },
  });

const values: HostileCase[] = [
  ...[0, -1, 1.5, 1e18, 'x', null].map((wrong) => value('chunk', wrong)),
  value('chunk', 1e9, 'huge count'),
  value('action_steps', 1e9, 'huge count'),
  value('inputs.images', []),
  value('inputs.images', null, 'wrong type'),
  value('inputs.images', Array(100_000).fill({ name: 'a', dtype: 'uint8', shape: [1, 1, 3] }), 'huge count'),
  value('inputs.images.0.shape', [1e9, 1e9, 3], 'huge count'),
  value('inputs.images.0.shape', [8192, 8192, 3], 'huge count'),
  value('inputs.images.0.shape', [48, 64, 4]),
  value('inputs.images.0.name', '__proto__', 'names and paths'),
  value('inputs.state.shape', [1e9], 'huge count'),
  value('inputs.state.names', [], 'wrong value'),
  value('output.shape', [4, 1e9], 'huge count'),
  value('output.range', [1, -1]),
  value('onnx.bytes', 1e15, 'huge count'),
  value('onnx.bytes', 1),
  value('onnx.sha256', 'x'),
  value('golden.pairs', 1e9, 'huge count'),
  value('golden.sha256', '0'.repeat(64)),
  value('contract', 99),
  value('versions', { a: 1 }, 'wrong type'),
  ...['../policy.onnx', '/etc/passwd', '..', '', 'a/b.onnx', 'policy.onnx\u0000', '\u202exnno.ycilop', 7].map(
    (file) => value('onnx.file', file, 'names and paths'),
  ),
];

const pairs: HostileCase[] = [
  ['no pairs', 'wrong value', (golden: Json) => (golden.pairs = [])],
  ['100,000 pairs', 'huge count', (golden: Json) => (golden.pairs = Array(100_000).fill(golden.pairs[0]))],
  ['no list of pairs', 'wrong type', (golden: Json) => (golden.pairs = {})],
  ['a tolerance of 0', 'wrong value', (golden: Json) => (golden.tolerance = 0)],
  ['a tolerance of 1e999', 'wrong value', (golden: Json) => (golden.tolerance = null)],
  [
    'a state of a million numbers',
    'huge count',
    (golden: Json) => (golden.pairs[0].state = Array(1e6).fill(0)),
  ],
  [
    'a million wrong numbers',
    'huge count',
    (golden: Json) => (golden.pairs[0].expected = [Array(1e6).fill('a')]),
  ],
  ['a million empty rows', 'huge count', (golden: Json) => (golden.pairs[0].expected = Array(1e6).fill([]))],
  ['frame 1e9', 'huge count', (golden: Json) => (golden.pairs[0].frame = 1e9)],
  [
    'a picture ../policy.onnx',
    'names and paths',
    (golden: Json) => (golden.pairs[0].images[0].file = '../policy.onnx'),
  ],
  [
    'a picture /etc/passwd',
    'names and paths',
    (golden: Json) => (golden.pairs[0].images[0].file = '/etc/passwd'),
  ],
  [
    'two pictures for one camera',
    'wrong value',
    (golden: Json) => golden.pairs[0].images.push(golden.pairs[0].images[0]),
  ],
].map(([name, kind, edit]) =>
  policyCase({
    name: `golden/pairs.json: ${name}`,
    kind: kind as HostileClass,
    says: /golden|pairs/,
    change: ({ golden }) => void (edit as (golden: Json) => unknown)(golden),
  }),
);

const FILES = ['policy.json', 'policy.onnx', 'golden/pairs.json', 'golden/00.png'];
const stands: HostileCase[] = FILES.flatMap((file) =>
  STANDS.map(({ name, kind, put }) =>
    policyCase({
      name: `${file} is ${name}`,
      kind,
      says: new RegExp(file.split('/').at(-1)!),
      spoil: (folder, place) => put(join(folder, file), place),
    }),
  ),
);

const folders: HostileCase[] = [
  policyCase({ name: 'a healthy policy', kind: 'healthy', codes: [0], says: /^2 pairs/m }),
  policyCase({
    name: 'golden/ is a link out of the folder',
    kind: 'other files',
    says: /leads out/,
    spoil: (folder, { folder: beside }) => {
      const outside = join(beside, 'golden-of-others');
      cpSync(join(folder, 'golden'), outside, { recursive: true });
      rmSync(join(folder, 'golden'), { recursive: true });
      symlinkSync(outside, join(folder, 'golden'));
    },
  }),
  policyCase({
    name: 'policy.json: 100,000 brackets',
    kind: 'never ends',
    says: /policy\.json/,
    spoil: (folder) => writeFileSync(join(folder, 'policy.json'), '['.repeat(100_000)),
  }),
  policyCase({
    name: 'policy.json: a byte order mark and NaN',
    kind: 'damaged',
    says: /policy\.json/,
    spoil: (folder) => writeFileSync(join(folder, 'policy.json'), '\ufeff{"contract":NaN}'),
  }),
  policyCase({
    name: 'golden/pairs.json: 10 million empty lists',
    kind: 'unfolds to more',
    says: /pairs\.json/,
    spoil: (folder) => {
      const path = join(folder, 'golden/pairs.json');
      const text = `{"tolerance":1,"pairs":[${'[],'.repeat(10_000_000)}[]]}`;
      writeFileSync(path, text);
      const contract = JSON.parse(readFileSync(join(folder, 'policy.json'), 'utf8'));
      contract.golden = { sha256: sha256(text), pairs: 2 };
      writeFileSync(join(folder, 'policy.json'), JSON.stringify(contract));
    },
  }),
  policyCase({
    name: 'an empty folder',
    kind: 'damaged',
    says: /policy\.json is missing/,
    spoil: (folder) => {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    },
  }),
  policyCase({
    name: 'a graph of other answers than the golden pairs',
    kind: 'wrong value',
    says: /golden pair 0/,
    change: (files) => {
      files.onnx = model();
    },
  }),
];

export const POLICY: readonly HostileCase[] = [...folders, ...values, ...pairs, ...stands];
