/** Whether this machine may create, read and delete in a store: asked before hours are spent there. */
import { randomBytes } from 'node:crypto';
import { StoreError } from '../remote/ports.ts';
import { type ObjectStore, readBytes } from './object-store.ts';

export interface ProbeResult {
  ok: boolean;
  /** What failed. */
  step?: 'create' | 'read' | 'delete';
  fault?: StoreError['fault'];
  message?: string;
}

/** Leaves nothing behind; the same as `python -m brickyard_trainer.publishing probe URL` on another machine. */
export async function probeStore(store: ObjectStore): Promise<ProbeResult> {
  const path = `.probe/${randomBytes(8).toString('hex')}`;
  const content = Buffer.from(randomBytes(64).toString('hex'));
  let step: ProbeResult['step'] = 'create';
  try {
    await store.write(path, content, { ifAbsent: true });
    step = 'read';
    if (!content.equals(await readBytes(store, path)))
      throw new StoreError('damaged', `${store.url} gave back other bytes than were written`);
    step = 'delete';
    await store.delete(path);
    return { ok: true };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { ok: false, step, fault: error.fault, message: error.message };
  }
}
