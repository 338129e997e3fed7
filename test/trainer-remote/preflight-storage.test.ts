/** What a preflight finds out about buckets and the datasets in them, against a server that speaks Google's API. */
import { describe, expect, it } from 'vitest';
import { bucketCheck } from '../../trainer/launch/preflight/bucket-check.ts';
import { storedDatasetCheck } from '../../trainer/launch/preflight/dataset-check.ts';
import { faultsOf, preflightText, runPreflight } from '../../trainer/launch/preflight/run-checks.ts';
import { freePlaceCheck, storageCheck } from '../../trainer/launch/preflight/storage-check.ts';
import { openStore } from '../../trainer/launch/storage/open-store.ts';
import { GcsServer } from '../fakes/gcs-server.ts';

const nowMs = (): number => 0;

it('warns of a bucket that lies elsewhere, with what that costs', async () => {
  const server = await GcsServer.start({ location: 'EUROPE-WEST4' });
  try {
    server.put('data/meta/info.json', Buffer.alloc(2 ** 20));
    const store = openStore('gs://bucket/data', { gcsEndpoint: server.url });
    const told = async (zones: string[]): Promise<string> =>
      preflightText(await runPreflight([bucketCheck(store, zones)], { nowMs }));
    expect(await told(['us-central1-a'])).toMatch(
      /warning: gs:\/\/bucket lies in EUROPE-WEST4.*\$0.05 a GiB/,
    );
    expect(await told(['europe-west4-b'])).not.toContain('warning');
  } finally {
    await server.close();
  }
});

describe('a stored dataset', () => {
  const info = {
    codebase_version: 'v3.0',
    total_episodes: 60,
    total_frames: 600,
    fps: 10,
    features: { 'observation.state': {}, action: {} },
  };
  const faultOf = async (files: Record<string, unknown>, minEpisodes = 50): Promise<string> => {
    const server = await GcsServer.start();
    try {
      for (const [name, json] of Object.entries(files))
        server.put(`data/${name}`, Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)));
      const store = openStore('gs://bucket/data', { gcsEndpoint: server.url });
      const options = { location: 'gs://bucket/data', minEpisodes, overrides: [] };
      return faultsOf(await runPreflight([storedDatasetCheck(store, options)], { nowMs })).join();
    } finally {
      await server.close();
    }
  };
  const whole = { 'meta/info.json': info, 'dataset.manifest.json': {} };

  it('that is one has no fault', async () => expect(await faultOf(whole)).toBe(''));

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['is not there', {}, /no LeRobot dataset.*brickyard dataset push FOLDER gs:\/\/bucket\/data/],
    ['was not sent to its end', { 'meta/info.json': info }, /its upload did not end: brickyard dataset push/],
    [
      'is of another version',
      { ...whole, 'meta/info.json': { ...info, codebase_version: 'v2.1' } },
      /v2.1, not v3.0/,
    ],
    ['is too small', { ...whole, 'meta/info.json': { ...info, total_episodes: 3 } }, /--min-episodes 3/],
    ['has no actions', { ...whole, 'meta/info.json': { ...info, features: {} } }, /no action/],
    ['is damaged', { ...whole, 'meta/info.json': 'x' }, /is no JSON/],
  ])('that %s is refused', async (_, files, message) => {
    expect(await faultOf(files)).toMatch(message);
  });
});

describe('storage', () => {
  const checked = async (fault?: (request: { kind: string }) => object | undefined, files: string[] = []) => {
    const server = await GcsServer.start({ fault: fault as never });
    try {
      for (const name of files) server.put(`runs/r1/${name}`, Buffer.from('x'));
      const store = openStore('gs://bucket/runs/r1', { gcsEndpoint: server.url });
      const faults = faultsOf(
        await runPreflight([storageCheck(store), freePlaceCheck(store, 'r1')], { nowMs }),
      );
      return { faults, left: [...server.objects.keys()] };
    } finally {
      await server.close();
    }
  };

  it('is written, read and deleted, and nothing of it stays', async () => {
    expect(await checked()).toEqual({ faults: [], left: [] });
  });

  it('that may only be read is refused before anything is rented', async () => {
    const readOnly = ({ kind }: { kind: string }) =>
      ['insert', 'begin', 'piece'].includes(kind)
        ? { kind: 'status', status: 403, reason: 'forbidden' }
        : undefined;
    expect((await checked(readOnly)).faults).toEqual([
      expect.stringMatching(/cannot be written from here.*403/),
    ]);
  });

  it('that knows the run already is refused, with what goes on with it', async () => {
    expect((await checked(undefined, ['plan.json'])).faults).toEqual([
      expect.stringMatching(/holds a run of this id already.*train resume gs:\/\/bucket\/runs\/r1/),
    ]);
  });
});
