/** Bytes of HDF5 elements as numbers. */
import { InputError } from '../../sim/errors.ts';
import { float16 } from '../float16.ts';
import type { ElementType } from './structure.ts';

const READERS: Record<string, (view: DataView, at: number, isLittle: boolean) => number | bigint> = {
  int8: (view, at) => view.getInt8(at),
  int16: (view, at, isLittle) => view.getInt16(at, isLittle),
  int32: (view, at, isLittle) => view.getInt32(at, isLittle),
  int64: (view, at, isLittle) => view.getBigInt64(at, isLittle),
  uint8: (view, at) => view.getUint8(at),
  uint16: (view, at, isLittle) => view.getUint16(at, isLittle),
  uint32: (view, at, isLittle) => view.getUint32(at, isLittle),
  uint64: (view, at, isLittle) => view.getBigUint64(at, isLittle),
  float16: (view, at, isLittle) => float16(view.getUint16(at, isLittle)),
  float32: (view, at, isLittle) => view.getFloat32(at, isLittle),
  float64: (view, at, isLittle) => view.getFloat64(at, isLittle),
  bool: (view, at) => view.getUint8(at),
};

/** @param name for messages */
export function numbersOf(bytes: Uint8Array, type: ElementType, name: string): Float64Array {
  const read = READERS[type.name];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / type.size }, (_, i) => {
    const value = read(view, i * type.size, type.isLittleEndian);
    if (typeof value === 'bigint' && !Number.isSafeInteger(Number(value))) {
      throw new InputError(
        `${name} has the value ${value}; whole numbers beyond 2^53 cannot be kept exactly`,
      );
    }
    return Number(value);
  });
}
