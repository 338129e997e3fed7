/** Whether storage can be written, read and deleted from here, and whether the run's place in it is free. */
import { randomUUID } from 'node:crypto';
import type { ObjectStore } from '../storage/object-store.ts';
import { readBytes } from '../storage/object-store.ts';
import { type Finding, fault, note, type PreflightCheck } from './run-checks.ts';

/** @param store at the run's prefix */
export function storageCheck(store: ObjectStore): PreflightCheck {
  return {
    name: 'storage',
    run: async () => {
      const path = `preflight-${randomUUID()}`;
      const bytes = Buffer.from(path);
      try {
        await store.write(path, bytes, { ifAbsent: true });
        const read = await readBytes(store, path);
        if (!read.equals(bytes))
          return [fault(`${store.url} gives back other bytes than were written: choose another --out`)];
      } finally {
        await store.delete(path);
      }
      return [note('written, read, deleted')];
    },
  };
}

/** A name that storage knows already would mix two runs. */
export function freePlaceCheck(store: ObjectStore, runId: string): PreflightCheck {
  return {
    name: 'run id',
    run: async (): Promise<Finding[]> => {
      const found = await store.list('');
      if (found.length === 0) return [note(runId)];
      return [
        fault(
          `${store.url} holds a run of this id already (${found.length} objects): brickyard train resume ${store.url} goes on with it, or give another --run-id`,
        ),
      ];
    },
  };
}
