/** Writes small ONNX models, right and wrong ones. Numbers of fields are those of onnx.proto3. */

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export const number = (field: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(field * 8), varint(value)]);
export function message(field: number, ...parts: (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

const FLOAT = 1;
const UINT8 = 2;
const INT64 = 7;
const BOOL = 9;

export const node = (type: string, inputs: string[], outputs: string[], ...attributes: Buffer[]): Buffer =>
  message(
    1,
    ...inputs.map((name) => message(1, name)),
    ...outputs.map((name) => message(2, name)),
    message(4, type),
    ...attributes.map((one) => message(5, one)),
  );

export const integerAttribute = (name: string, value: number): Buffer =>
  Buffer.concat([message(1, name), number(3, value), number(20, 2)]);
export const graphAttribute = (name: string, graph: Buffer): Buffer =>
  Buffer.concat([message(1, name), message(6, graph), number(20, 5)]);
export const tensorAttribute = (name: string, tensor: Buffer): Buffer =>
  Buffer.concat([message(1, name), message(5, tensor), number(20, 4)]);

/** The content of a TensorProto of whole numbers. */
export const integers = (name: string, values: readonly bigint[], dims = [values.length]): Buffer => {
  const raw = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) raw.writeBigInt64LE(value, i * 8);
  return Buffer.concat([
    ...dims.map((dim) => number(1, dim)),
    number(2, INT64),
    message(8, name),
    message(9, raw),
  ]);
};
const floats = (name: string, values: readonly number[], dims: number[]): Buffer => {
  const raw = Buffer.from(Float32Array.from(values).buffer);
  return Buffer.concat([
    ...dims.map((dim) => number(1, dim)),
    number(2, FLOAT),
    message(8, name),
    message(9, raw),
  ]);
};
const truth = Buffer.concat([number(2, BOOL), message(8, 'true'), message(9, Buffer.from([1]))]);

const valueInfo = (field: number, name: string, type: number, dims: readonly number[]): Buffer => {
  const shape = message(2, ...dims.map((dim) => message(1, number(1, dim))));
  return message(field, message(1, name), message(2, message(1, number(1, type), shape)));
};

export interface ModelParts {
  /** Instead of those that repeat the state four times. */
  nodes?: Buffer[];
  initializers?: Buffer[];
  /** Further fields of the graph, and of the model. */
  graph?: Buffer[];
  model?: Buffer[];
}

const SIZES = [1n, 4n, 1n];

/** A policy of the tiny policy's contract: its answer is the state, four times. */
export function model({ nodes, initializers = [], graph = [], model = [] }: ModelParts = {}): Buffer {
  return Buffer.concat([
    number(1, 8),
    message(8, number(2, 17)),
    message(
      7,
      ...(nodes ?? [
        node('Unsqueeze', ['observation.state', 'one'], ['rows']),
        node('Tile', ['rows', 'sizes'], ['action']),
      ]),
      message(2, 'g'),
      message(5, integers('one', [1n])),
      message(5, integers('sizes', SIZES)),
      ...initializers.map((one) => message(5, one)),
      valueInfo(11, 'observation.images.ego', UINT8, [1, 48, 64, 3]),
      valueInfo(11, 'observation.state', FLOAT, [1, 4]),
      valueInfo(12, 'action', FLOAT, [1, 4, 4]),
      ...graph,
    ),
    ...model,
  ]);
}

/** The same after a loop that adds to the state. `turns`: a number of them, or 2^60 where the state's first is over 1000. */
export function loopModel(turns: bigint | 'by state'): Buffer {
  const body = Buffer.concat([
    node('Identity', ['goOn'], ['goesOn']),
    node('Add', ['v', 'step'], ['w']),
    message(2, 'body'),
    message(5, floats('step', [0.0001, 0, 0, 0], [1, 4])),
    valueInfo(11, 'turn', INT64, []),
    valueInfo(11, 'goOn', BOOL, []),
    valueInfo(11, 'v', FLOAT, [1, 4]),
    valueInfo(12, 'goesOn', BOOL, []),
    valueInfo(12, 'w', FLOAT, [1, 4]),
  ]);
  const count =
    turns === 'by state'
      ? [
          node('ReduceMax', ['observation.state'], ['most'], integerAttribute('keepdims', 0)),
          node('Greater', ['most', 'limit'], ['isOver']),
          node('Where', ['isOver', 'many', 'few'], ['turns']),
        ]
      : [];
  return model({
    nodes: [
      ...count,
      node('Loop', ['turns', 'true', 'observation.state'], ['summed'], graphAttribute('body', body)),
      node('Unsqueeze', ['summed', 'one'], ['rows']),
      node('Tile', ['rows', 'sizes'], ['action']),
    ],
    initializers: [
      truth,
      floats('limit', [1000], []),
      integers('many', [2n ** 60n], []),
      integers('few', [1n], []),
      ...(turns === 'by state' ? [] : [integers('turns', [turns], [])]),
    ],
  });
}
