/**
 * Reads protobuf framing strictly: only what every parser reads in the same way. Parsers differ about tags with more
 * than 32 bits and numbers padded with zero groups, so that a check could see another file than the runtime loads.
 */

export type WireType = 'varint' | 'fixed64' | 'bytes' | 'fixed32';

export interface Field {
  number: number;
  wire: WireType;
  /** Of a varint, exact up to 2^53; 0 of other kinds. */
  value: number;
  /** Of a length-delimited field; empty for other kinds. */
  bytes: Uint8Array;
}

const WIRE_TYPES: Record<number, WireType> = { 0: 'varint', 1: 'fixed64', 2: 'bytes', 5: 'fixed32' };
const EMPTY = new Uint8Array(0);
const MAX_LENGTH = 2 ** 31 - 1;

/** The fields of one message, in the file's order. @throws Error where the bytes are not a strict protobuf message */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (maxBytes: number, strict: boolean): number => {
    let value = 0;
    for (let group = 0; group < maxBytes; group++) {
      if (at >= message.length) throw new Error('it ends within a number');
      const byte = message[at++];
      value += (byte & 0x7f) * 2 ** (7 * group);
      if (byte >= 0x80) continue;
      if (strict && group > 0 && byte === 0) throw new Error('a tag or length in it is padded');
      return value;
    }
    throw new Error(`a number in it is longer than ${maxBytes} bytes`);
  };
  const skip = (bytes: number): Uint8Array => {
    if (bytes > message.length - at) throw new Error('it ends within a field');
    at += bytes;
    return message.subarray(at - bytes, at);
  };
  while (at < message.length) {
    const key = varint(5, true);
    if (key >= 2 ** 32) throw new Error('a tag in it has more than 32 bits');
    const number = Math.floor(key / 8);
    const wire = WIRE_TYPES[key % 8];
    if (number === 0) throw new Error('a field in it has number 0');
    if (wire === undefined) throw new Error(`a field in it has wire type ${key % 8}`);
    if (wire === 'varint') yield { number, wire, value: varint(10, false), bytes: EMPTY };
    else if (wire === 'bytes') {
      const length = varint(5, true);
      if (length > MAX_LENGTH) throw new Error('it ends within a field');
      yield { number, wire, value: 0, bytes: skip(length) };
    } else {
      skip(wire === 'fixed64' ? 8 : 4);
      yield { number, wire, value: 0, bytes: EMPTY };
    }
  }
}

/** Sizes of one shape; no shape has more of them. */
const MAX_SIZES = 64;

/** All sizes in a field of a shape, whether it is packed or not. */
export function sizesOf({ wire, value, bytes }: Field): number[] {
  if (wire === 'varint') return [value];
  if (bytes.length > MAX_SIZES * 10) throw new Error(`a shape in it has more than ${MAX_SIZES} sizes`);
  const numbers: number[] = [];
  let number = 0;
  let scale = 1;
  for (const byte of bytes) {
    number += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
    scale = 1;
  }
  if (scale !== 1) throw new Error('it ends within a number');
  return numbers;
}
