/** ONNX graphs that read, run or allocate what a policy may not. */
import type { HostileCase, HostileClass } from '../case.ts';
import {
  graphAttribute,
  integerAttribute,
  integers,
  loopModel,
  message,
  model,
  node,
  number,
  tensorAttribute,
  varint,
} from './onnx-bytes.ts';
import { policyCase } from './policy.ts';

const onnx = (
  name: string,
  kind: HostileClass,
  bytes: Buffer,
  says = /policy\.onnx|graph|golden/,
  codes: readonly number[] = [2],
): HostileCase =>
  policyCase({
    ...{ name, kind, says, codes, format: 'ONNX' },
    change: (files) => {
      files.onnx = bytes;
      // What the healthy graph of onnx-bytes.ts answers.
      for (const pair of files.golden.pairs) pair.expected = Array(4).fill(pair.state);
    },
  });

/** A tensor whose numbers lie in another file. */
const location = Buffer.concat([
  message(13, message(1, 'location'), message(2, '../../../outside/secret.bin')),
  number(14, 1),
]);
const external = Buffer.concat([number(1, 4), number(2, 1), message(8, 'w'), location]);
const EXTERNAL = /other files for its weights/;
const sparse = (tensor: Buffer): Buffer =>
  Buffer.concat([message(1, tensor), message(2, integers('at', [0n]))]);
const subgraph = Buffer.concat([node('Identity', ['w'], ['v']), message(2, 'sub'), message(5, external)]);

const externals: HostileCase[] = [
  onnx('an initializer in another file', 'other files', model({ initializers: [external] }), EXTERNAL),
  onnx(
    'only its location is said',
    'other files',
    model({ initializers: [message(13, message(1, 'location'), message(2, '/etc/passwd'))] }),
    EXTERNAL,
  ),
  onnx('only data_location is said', 'other files', model({ initializers: [number(14, 1)] }), EXTERNAL),
  onnx(
    'data_location of 2^32 + 1',
    'other files',
    model({ initializers: [number(14, 2n ** 32n + 1n)] }),
    EXTERNAL,
  ),
  onnx('a sparse initializer', 'other files', model({ graph: [message(15, sparse(external))] }), EXTERNAL),
  onnx(
    'the indices of a sparse one',
    'other files',
    model({ graph: [message(15, message(2, external))] }),
    EXTERNAL,
  ),
  onnx(
    'a Constant',
    'other files',
    model({ graph: [node('Constant', [], ['c'], tensorAttribute('value', external))] }),
    EXTERNAL,
  ),
  onnx(
    'a list of tensors of an attribute',
    'other files',
    model({ graph: [node('Constant', [], ['c'], message(10, external))] }),
    EXTERNAL,
  ),
  onnx(
    'a sparse attribute',
    'other files',
    model({ graph: [node('Constant', [], ['c'], message(22, sparse(external)))] }),
    EXTERNAL,
  ),
  onnx(
    'a list of sparse attributes',
    'other files',
    model({ graph: [node('Constant', [], ['c'], message(23, sparse(external)))] }),
    EXTERNAL,
  ),
  onnx(
    'a subgraph',
    'other files',
    model({ graph: [node('If', ['x'], ['y'], graphAttribute('then_branch', subgraph))] }),
    EXTERNAL,
  ),
  onnx(
    'a list of subgraphs',
    'other files',
    model({ graph: [node('If', ['x'], ['y'], message(11, subgraph))] }),
    EXTERNAL,
  ),
  onnx(
    'a node of a function',
    'other files',
    model({
      model: [message(25, message(1, 'f'), message(7, message(5, tensorAttribute('value', external))))],
    }),
    EXTERNAL,
  ),
  onnx(
    'a default of a function',
    'other files',
    model({ model: [message(25, message(1, 'f'), message(11, tensorAttribute('a', external)))] }),
    EXTERNAL,
  ),
  onnx(
    'training information',
    'other files',
    model({ model: [message(20, message(1, message(5, external)))] }),
    EXTERNAL,
  ),
  onnx('a second graph', 'other files', model({ model: [message(7, message(5, external))] }), EXTERNAL),
];

/** A field of a tag that parsers read in different ways. */
const tagged = (tag: Buffer, ...body: Buffer[]): Buffer => {
  const all = Buffer.concat(body);
  return Buffer.concat([tag, varint(all.length), all]);
};
const inTensor = (tag: Buffer): Buffer =>
  Buffer.concat([
    number(1, 4),
    number(2, 1),
    message(8, 'w'),
    tagged(tag, message(1, 'location'), message(2, 'secret')),
  ]);
const padded = (field: number): Buffer => {
  const bytes = varint(field * 8 + 2);
  bytes[bytes.length - 1] |= 0x80;
  return Buffer.concat([bytes, Buffer.from([0x80, 0x80, 0x00])]);
};

const framing: HostileCase[] = [
  onnx('a tag with bit 32 set', 'other files', model({ initializers: [inTensor(varint(2n ** 32n + 106n))] })),
  onnx('a tag with bit 35 set', 'other files', model({ initializers: [inTensor(varint(2n ** 35n + 106n))] })),
  onnx('a tag of ten bytes', 'other files', model({ initializers: [inTensor(varint(2n ** 63n + 106n))] })),
  onnx('a padded tag', 'other files', model({ initializers: [inTensor(padded(13))] })),
  onnx(
    'a graph under a tag with bit 32 set',
    'other files',
    model({ model: [tagged(varint(2n ** 32n + 58n), message(5, external))] }),
  ),
  onnx('a field that ONNX does not have', 'wrong type', model({ model: [message(99, 'x')] })),
  onnx('a field that a tensor does not have', 'wrong type', model({ initializers: [message(77, 'x')] })),
  onnx('field number 0', 'damaged', model({ model: [Buffer.from([0x02, 0x00])] })),
  onnx('a group', 'damaged', model({ model: [Buffer.from([0x3b, 0x3c])] })),
  onnx('wire type 7', 'damaged', model({ model: [Buffer.from([0x3f])] })),
  onnx(
    'a length of 2^31',
    'huge count',
    model({ model: [Buffer.concat([Buffer.from([0x3a]), varint(2 ** 31)])] }),
  ),
  onnx(
    'a length of 2^63',
    'huge count',
    model({ model: [Buffer.concat([Buffer.from([0x3a]), varint(2n ** 63n)])] }),
  ),
  onnx('a graph as a number', 'wrong type', model({ model: [number(7, 3)] })),
  onnx('a tensor as a number', 'wrong type', model({ graph: [number(5, 3)] })),
  onnx('its first half', 'damaged', model().subarray(0, 120)),
  onnx('nothing but a version', 'damaged', number(1, 8)),
  onnx('text', 'damaged', Buffer.from('no model at all, but as long as one could be')),
  onnx(
    'the format of onnxruntime',
    'other files',
    Buffer.concat([message(2, '\u0000\u0000ORTM'.padEnd(30)), model()]),
    /format of onnxruntime/,
  ),
  onnx('subgraphs nested 200 deep', 'never ends', model({ graph: [deepSubgraphs(200)] })),
  onnx('subgraphs nested 20,000 deep', 'never ends', model({ graph: [deepSubgraphs(20_000)] })),
  onnx(
    '2 million nodes',
    'huge count',
    model({ graph: [Buffer.concat(Array(2_000_000).fill(Buffer.from([0x0a, 0x00])))] }),
  ),
];

function deepSubgraphs(depth: number): Buffer {
  let inner = node('If', ['x'], ['y']);
  for (let i = 0; i < depth; i++) inner = message(1, message(4, 'If'), message(5, message(6, inner)));
  return inner;
}

const tensor = (dims: readonly (number | bigint)[], ...rest: Buffer[]): Buffer =>
  Buffer.concat([...dims.map((dim) => number(1, dim)), number(2, 1), message(8, 'w'), ...rest]);

const shapes: HostileCase[] = [
  onnx('a tensor of 10^9 numbers in no bytes', 'huge count', model({ initializers: [tensor([1e9])] })),
  onnx(
    'a tensor of 2^62 numbers',
    'huge count',
    model({ initializers: [tensor([2 ** 31, 2 ** 31], message(9, 'abcd'))] }),
  ),
  onnx('a tensor of -1 numbers', 'wrong value', model({ initializers: [tensor([2n ** 64n - 1n])] })),
  onnx('a tensor of 100 sizes', 'huge count', model({ initializers: [tensor(Array(100).fill(2))] })),
  onnx(
    'a sparse tensor of 2^40 numbers',
    'huge count',
    model({
      graph: [
        message(
          15,
          message(1, tensor([1], message(9, 'abcd'))),
          message(2, integers('at', [0n])),
          number(3, 2 ** 20),
          number(3, 2 ** 20),
        ),
      ],
    }),
  ),
  onnx(
    'ConstantOfShape of 10 GB',
    'unfolds to more',
    model({
      nodes: [
        node('ConstantOfShape', ['huge'], ['zeros']),
        node('ReduceSum', ['zeros'], ['sum'], integerAttribute('keepdims', 0)),
        node('Add', ['observation.state', 'sum'], ['v']),
        node('Unsqueeze', ['v', 'one'], ['rows']),
        node('Tile', ['rows', 'sizes'], ['action']),
      ],
      initializers: [integers('huge', [2_500_000_000n])],
    }),
  ),
  onnx(
    'an answer of 40 GB',
    'unfolds to more',
    model({
      nodes: [
        node('Unsqueeze', ['observation.state', 'one'], ['rows']),
        node('Tile', ['rows', 'huge'], ['action']),
      ],
      initializers: [integers('huge', [1n, 2_500_000_000n, 1n])],
    }),
  ),
  onnx(
    'an answer of another shape',
    'wrong value',
    model({
      nodes: [
        node('Unsqueeze', ['observation.state', 'one'], ['rows']),
        node('Tile', ['rows', 'other'], ['action']),
      ],
      initializers: [integers('other', [1n, 7n, 1n])],
    }),
  ),
];

const operators: HostileCase[] = [
  onnx(
    'a custom operator',
    'other files',
    model({ graph: [message(1, message(2, 'x'), message(4, 'Run'), message(7, 'com.evil'))] }),
    /operators of "com\.evil"/,
  ),
  onnx('an operator that there is not', 'wrong value', model({ graph: [node('Nothing', [], ['x'])] })),
  onnx(
    'EPContext',
    'other files',
    model({ graph: [message(1, message(2, 'x'), message(4, 'EPContext'), message(7, 'com.microsoft'))] }),
    /EPContext/,
  ),
  onnx('operators of version 2^31', 'wrong value', model({ model: [message(8, number(2, 2 ** 31 - 1))] })),
  onnx(
    'a cycle of nodes',
    'never ends',
    model({ graph: [node('Identity', ['a'], ['b']), node('Identity', ['b'], ['a'])] }),
  ),
  onnx(
    'a function that calls itself',
    'never ends',
    model({
      graph: [
        message(1, message(1, 'observation.state'), message(2, 'x'), message(4, 'f'), message(7, 'own')),
      ],
      model: [
        message(
          25,
          message(1, 'f'),
          message(4, 'a'),
          message(5, 'b'),
          message(7, message(1, 'a'), message(2, 'b'), message(4, 'f'), message(7, 'own')),
          message(9, message(1, 'own'), number(2, 1)),
          message(10, 'own'),
        ),
        message(8, message(1, 'own'), number(2, 1)),
      ],
    }),
  ),
];

const loops: HostileCase[] = [
  onnx('a healthy graph', 'healthy', model(), /^2 pairs/m, [0]),
  onnx('a loop of three turns', 'wrong value', loopModel(3n), /golden pair 0/),
  onnx('a loop of 2^60 turns', 'never ends', loopModel(2n ** 60n), /did not answer within 3 s of CPU time/),
];

export const ONNX: readonly HostileCase[] = [...loops, ...externals, ...framing, ...shapes, ...operators];
