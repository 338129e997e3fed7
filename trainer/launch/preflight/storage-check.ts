/** Whether storage can be written, read and deleted from here, and whether the run's place in it is free. */
import type { ObjectStore } from '../storage/object-store.ts';
import { probeStore } from '../storage/probe.ts';
import { type Finding, fault, note, type PreflightCheck } from './run-checks.ts';

const DONE = { create: 'written', read: 'read', delete: 'deleted' } as const;
/** What the probe that runs at the same time leaves for a moment. */
const PROBE = '.probe/';

/** @param store at the run's prefix */
export function storageCheck(store: ObjectStore): PreflightCheck {
  return {
    name: 'storage',
    run: async () => {
      const { ok, step, message } = await probeStore(store);
      if (!ok) return [fault(`${store.url}: an object cannot be ${DONE[step!]} from here: ${message}`)];
      return [note('written, read, deleted')];
    },
  };
}

/** A name that storage knows already would mix two runs. */
export function freePlaceCheck(store: ObjectStore, runId: string): PreflightCheck {
  return {
    name: 'run id',
    run: async (): Promise<Finding[]> => {
      const found = (await store.list('')).filter(({ path }) => !path.startsWith(PROBE));
      if (found.length === 0) return [note(runId)];
      return [
        fault(
          `${store.url} holds a run of this id already (${found.length} objects): brickyard train resume ${store.url} goes on with it, or give another --run-id`,
        ),
      ];
    },
  };
}
