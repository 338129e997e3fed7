/** The attribute `features` of our own files: info.json's descriptions, checked as anything from a file is. */
import { z } from 'zod';
import { unsafeNameReason } from '../../runtime/confined-path.ts';
import type { Feature } from '../features.ts';
import type { AttributeValue } from './structure.ts';

const DTYPES = [
  ...['video', 'float32', 'float64', 'bool'],
  ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'],
] as const;

const schema = z.record(
  z.string(),
  z.looseObject({
    dtype: z.enum(DTYPES as unknown as [string, ...string[]]),
    shape: z.array(z.int().positive()).min(1).max(5),
    names: z.union([z.array(z.string()), z.record(z.string(), z.unknown()), z.null()]).optional(),
  }),
);

export interface DescribedFeature {
  dtype: string;
  shape: number[];
  names: Feature['names'];
}

/** Null when the file has no such attribute, or one that cannot be used, which is a fault. */
export function describedFeatures(
  given: AttributeValue | null | undefined,
  faults: string[],
): Record<string, DescribedFeature> | null {
  if (given === undefined) return null;
  let value: unknown;
  try {
    value = JSON.parse(String(given));
  } catch (error) {
    faults.push(`its attribute features is not JSON (${(error as Error).message})`);
    return null;
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      faults.push(`its attribute features: ${issue.path.join('.') || 'it'}: ${issue.message}`);
    return null;
  }
  for (const name of Object.keys(parsed.data)) {
    const reason = unsafeNameReason(name);
    if (reason)
      faults.push(
        `its attribute features has the name ${JSON.stringify(name.slice(0, 80))}, which ${reason}; rename it`,
      );
  }
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, { dtype, shape, names = null }]) => [
      name,
      { dtype, shape, names },
    ]),
  );
}
