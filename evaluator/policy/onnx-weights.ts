/**
 * Whether an ONNX file holds all of its weights. A tensor may name another file to read instead, by any path; such a
 * file is never given to the runtime. Only the protobuf framing is read (onnx.proto3, IR version 3 to 13).
 */

/** Fields that lead to tensors: message -> field number -> message it holds. */
const PATHS: Record<string, Record<number, string>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};

const TENSOR_EXTERNAL_DATA = 13;
const TENSOR_DATA_LOCATION = 14;
const MODEL_IR_VERSION = 1;
const MODEL_GRAPH = 7;
/** Deeper nesting of subgraphs than any exporter makes. */
const MAX_DEPTH = 64;

interface Field {
  number: number;
  /** Of a varint; 0 of other kinds. */
  value: number;
  /** Of a length-delimited field. */
  bytes?: Uint8Array;
}

/** A sentence why the file may not be loaded, or undefined when all is well. */
export function onnxFault(file: Uint8Array): string | undefined {
  try {
    let hasVersion = false;
    let hasGraph = false;
    for (const { number, bytes } of fields(file)) {
      if (number === MODEL_IR_VERSION && !bytes) hasVersion = true;
      if (number === MODEL_GRAPH && bytes) hasGraph = true;
    }
    if (!hasVersion || !hasGraph) return 'is no ONNX model: it has no IR version or no graph';
    return hasExternalTensor(file, 'model', 0)
      ? 'names other files for its weights; export it again with the weights inside'
      : undefined;
  } catch (error) {
    return `is no ONNX model: ${(error as Error).message}`;
  }
}

function hasExternalTensor(message: Uint8Array, kind: string, depth: number): boolean {
  if (depth > MAX_DEPTH) throw new Error(`it is nested more than ${MAX_DEPTH} deep`);
  for (const { number, value, bytes } of fields(message)) {
    if (kind === 'tensor') {
      if (number === TENSOR_EXTERNAL_DATA || (number === TENSOR_DATA_LOCATION && value !== 0)) return true;
      continue;
    }
    const next = PATHS[kind][number];
    if (next && bytes && hasExternalTensor(bytes, next, depth + 1)) return true;
  }
  return false;
}

/** The fields of a protobuf message, in the file's order. Throws where the bytes are none. */
function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= message.length) throw new Error('it ends within a number');
      const byte = message[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error('a number in it is longer than ten bytes');
  };
  const skip = (bytes: number): void => {
    if (bytes > message.length - at) throw new Error('it ends within a field');
    at += bytes;
  };
  while (at < message.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const wire = key % 8;
    if (number === 0) throw new Error('a field in it has number 0');
    if (wire === 0) yield { number, value: varint() };
    else if (wire === 1) skip(8);
    else if (wire === 5) skip(4);
    else if (wire === 2) {
      const length = varint();
      const from = at;
      skip(length);
      yield { number, value: 0, bytes: message.subarray(from, at) };
    } else throw new Error(`a field in it has wire type ${wire}`);
  }
}
