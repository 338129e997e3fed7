/** The attribute `provenance` of our own files: the columns of meta/episodes that make an episode again. */
import { z } from 'zod';

const schema = z.object({
  ...{ key: z.string(), scenario: z.string(), scenario_hash: z.string() },
  ...{ seed: z.int().nonnegative(), slot: z.int().nonnegative(), attempt: z.int().nonnegative() },
  ...{ outcome: z.string(), sources: z.array(z.string()), start: z.string() },
  ...{ final_state_hash: z.string(), content_sha256: z.string() },
});
const startSchema = z.looseObject({ success: z.looseObject({}), timeLimitS: z.number() });

/** Null when the file has none, or one that cannot be used, which is a fault. */
export function readProvenance(text: string | null, faults: string[]): Record<string, unknown> | null {
  if (text === null) return null;
  try {
    const value = schema.parse(JSON.parse(text));
    startSchema.parse(JSON.parse(value.start));
    return value;
  } catch (error) {
    const reason = error instanceof z.ZodError ? error.issues[0].message : (error as Error).message;
    faults.push(`its attribute provenance cannot be used (${reason}); remove it`);
    return null;
  }
}
