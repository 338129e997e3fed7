/**
 * Whether an ONNX file holds all of its weights and nothing that the runtime would read, or allocate, beyond the file.
 * A tensor may name another file by any path; such a model is never given to the runtime. The whole of onnx.proto3 (IR
 * version 3 to 13) is listed here: a field that is not could be a tensor that this check does not see, so it is refused.
 */
import { type Field, fieldsOf, sizesOf, type WireType } from './protobuf-fields.ts';

/** What a field holds: a message of PATHS, or data that leads to no tensor. Repeated numbers may be packed. */
type Content = Kind | 'number' | 'fixed' | 'data';
type Kind = 'model' | 'training' | 'function' | 'graph' | 'node' | 'attribute' | 'tensor' | 'sparse';

const data = (...numbers: number[]): Record<number, Content> =>
  Object.fromEntries(numbers.map((number) => [number, 'data']));

const MESSAGES: Record<Kind, Record<number, Content>> = {
  model: {
    1: 'number',
    5: 'number',
    7: 'graph',
    20: 'training',
    25: 'function',
    ...data(2, 3, 4, 6, 8, 14, 26),
  },
  training: { 1: 'graph', 2: 'graph', ...data(3, 4) },
  function: { 7: 'node', 11: 'attribute', ...data(1, 4, 5, 6, 8, 9, 10, 12, 13, 14) },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse', ...data(2, 10, 11, 12, 13, 14, 16) },
  node: { 5: 'attribute', ...data(1, 2, 3, 4, 6, 7, 8, 9, 10) },
  attribute: {
    2: 'fixed',
    3: 'number',
    5: 'tensor',
    6: 'graph',
    7: 'fixed',
    8: 'number',
    10: 'tensor',
    11: 'graph',
    20: 'number',
    22: 'sparse',
    23: 'sparse',
    ...data(1, 4, 9, 13, 14, 15, 21),
  },
  tensor: {
    1: 'number',
    2: 'number',
    4: 'fixed',
    5: 'number',
    7: 'number',
    10: 'fixed',
    11: 'number',
    13: 'data',
    14: 'number',
    ...data(3, 6, 8, 9, 12, 16),
  },
  sparse: { 1: 'tensor', 2: 'tensor', 3: 'number' },
};

const TENSOR = { dims: 1, externalData: 13, dataLocation: 14 } as const;
const NODE = { opType: 4, domain: 7 } as const;
const FUNCTION_DOMAIN = 10;
const MODEL = { irVersion: 1, graph: 7, function: 25 } as const;

/** Deeper nesting of subgraphs than any exporter makes. */
const MAX_DEPTH = 64;
/** Nodes, attributes and tensors; the largest policies here have some thousands. */
const MAX_MESSAGES = 1_000_000;
/** Numbers that a sparse tensor may unfold to. */
const MAX_SPARSE = 2 ** 26;
/** Values a byte of a tensor may hold: two where they have four bits each. */
const VALUES_PER_BYTE = 2;
/** Sets of operators that the runtime itself brings. */
const OPERATOR_DOMAINS = ['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft'];
/** Operators that stand for code or data outside of the model. */
const OUTSIDE_OPERATORS = ['EPContext', 'PyOp', 'PythonOp'];

/** A sentence why the file may not be loaded, or undefined when all is well. */
export function onnxFault(file: Uint8Array): string | undefined {
  // The runtime takes its own format, too, and tells it by these bytes; nothing here looks into that one.
  if (Buffer.from(file.buffer, file.byteOffset, file.length).toString('latin1', 4, 8) === 'ORTM')
    return 'is in the format of onnxruntime, not ONNX; export it again as ONNX';
  try {
    let hasVersion = false;
    let hasGraph = false;
    const domains = new Set(OPERATOR_DOMAINS);
    for (const { number, bytes, wire } of fieldsOf(file)) {
      if (number === MODEL.irVersion && wire === 'varint') hasVersion = true;
      if (number === MODEL.graph && wire === 'bytes') hasGraph = true;
      if (number === MODEL.function && wire === 'bytes')
        for (const field of fieldsOf(bytes)) if (field.number === FUNCTION_DOMAIN) domains.add(text(field));
    }
    if (!hasVersion || !hasGraph) return 'is no ONNX model: it has no IR version or no graph';
    return faultIn(file, 'model', 0, { messages: 0, domains });
  } catch (error) {
    return `is no ONNX model: ${(error as Error).message}`;
  }
}

interface Walk {
  messages: number;
  /** Operators of these are known. */
  domains: ReadonlySet<string>;
}

function faultIn(message: Uint8Array, kind: Kind, depth: number, walk: Walk): string | undefined {
  if (depth > MAX_DEPTH) throw new Error(`it is nested more than ${MAX_DEPTH} deep`);
  if (++walk.messages > MAX_MESSAGES)
    throw new Error(`it has more than ${MAX_MESSAGES} nodes, attributes and tensors`);
  if (kind === 'tensor') return tensorFault(message);
  let values = 1;
  for (const field of fieldsOf(message)) {
    const content = MESSAGES[kind][field.number];
    assertKnown(kind, field, content);
    const fault = isKind(content) ? faultIn(field.bytes, content, depth + 1, walk) : undefined;
    if (fault) return fault;
    if (kind === 'sparse' && field.number === 3)
      values = sizesOf(field).reduce((all, one) => all * one, values);
    if (kind === 'node' && field.number === NODE.domain && !walk.domains.has(text(field)))
      return `uses operators of "${text(field).slice(0, 80)}", which the runtime does not bring; export it again without custom operators`;
    if (kind === 'node' && field.number === NODE.opType && OUTSIDE_OPERATORS.includes(text(field)))
      return `uses the operator ${text(field)}, which reads from outside of the model; export it again without`;
  }
  if (values > MAX_SPARSE)
    return `has a sparse tensor of ${values} numbers, at most ${MAX_SPARSE}; export it again without`;
  return undefined;
}

function tensorFault(message: Uint8Array): string | undefined {
  let values = 1;
  for (const field of fieldsOf(message)) {
    assertKnown('tensor', field, MESSAGES.tensor[field.number]);
    const { number } = field;
    if (number === TENSOR.externalData || (number === TENSOR.dataLocation && field.value !== 0))
      return 'names other files for its weights; export it again with the weights inside';
    // A negative size is a number over 2^63 here, so that it is refused as too large.
    if (number === TENSOR.dims) values = sizesOf(field).reduce((all, one) => all * one, values);
  }
  if (values > message.length * VALUES_PER_BYTE)
    return `has a tensor of ${values} numbers in ${message.length} bytes; export it again`;
  return undefined;
}

/** Which ways of writing a field every reader takes for it. */
const WIRES: Record<'number' | 'fixed', readonly WireType[]> = {
  number: ['varint', 'bytes'],
  fixed: ['fixed32', 'fixed64', 'bytes'],
};

function assertKnown(kind: Kind, { number, wire }: Field, content: Content | undefined): void {
  if (content === undefined) throw new Error(`its ${kind} has a field ${number}, which ONNX does not have`);
  const wires = content === 'number' || content === 'fixed' ? WIRES[content] : ['bytes'];
  if (!wires.includes(wire)) throw new Error(`field ${number} of its ${kind} is written as ${wire}`);
}

const isKind = (content: Content): content is Kind => content in MESSAGES;
const text = ({ bytes }: Field): string => Buffer.from(bytes).toString('utf8');
