/**
 * A checkpoint in storage: checkpoints/NAME/… and, written last and create-only, checkpoints/NAME/manifest.json. One
 * without a manifest is not there; deleting one begins with its manifest. The Python twin, which writes them, is
 * trainer/brickyard_trainer/publishing/manifest.py.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { StoreError } from '../remote/ports.ts';

export const MANIFEST_FORMAT = 1;
export const MANIFEST = 'manifest.json';
export const CHECKPOINTS = 'checkpoints/';
/** Which of them is the best: {name, step, validation_loss}; replaced when another one is. */
export const BEST_POINTER = 'best.json';
/** What the best one is called beside its own name. */
export const BEST_NAME = 'act_best';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A path below the checkpoint's folder, with no way out of it. */
const innerPath = z
  .string()
  .max(500)
  .regex(/^(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, 'a path without ".."');

export const manifestSchema = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  run: z.string().min(1),
  step: z.number().int().nonnegative(),
  epoch: z.number().nullable(),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  /** Smoothed training loss. */
  loss: z.number().nullable(),
  validation_loss: z.number().nullable(),
  files: z.array(z.strictObject({ path: innerPath, bytes: z.number().int().nonnegative(), sha256 })).min(1),
  /** ISO 8601. */
  made_at: z.string(),
});

export type CheckpointManifest = z.infer<typeof manifestSchema>;

/** @throws StoreError `damaged` when it is none, or of another format */
export function parseManifest(text: string, where: string): CheckpointManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new StoreError('damaged', `${where} is not JSON: delete it, and the checkpoint is published again`);
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new StoreError('damaged', `${where} is no manifest: ${path.join('.') || 'it'}: ${message}`);
}

export function manifestPath(name: string): string {
  return `${CHECKPOINTS}${name}/${MANIFEST}`;
}

/** Undefined for a path that is no manifest's. */
export function nameInManifestPath(path: string): string | undefined {
  return /^checkpoints\/([^/]+)\/manifest\.json$/.exec(path)?.[1];
}

export function sha256Of(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
