import { afterEach, beforeEach, expect, it } from 'vitest';
import { bucketPlace, regionWarning } from '../../trainer/launch/storage/bucket-region.ts';
import { GcsStore } from '../../trainer/launch/storage/gcs-store.ts';
import { GcsServer } from '../fakes/gcs-server.ts';

const GIB = 2 ** 30;
let server: GcsServer;
beforeEach(async () => {
  server = await GcsServer.start({ location: 'EUROPE-WEST4' });
});
afterEach(() => server.close());

it('a bucket says where it lies', async () => {
  const token = { token: async () => null };
  const store = new GcsStore({ bucket: 'ralph', prefix: '', endpoint: server.url, token });
  expect(await bucketPlace(store)).toEqual({ bucket: 'ralph', location: 'EUROPE-WEST4', type: 'region' });
});

it.each([
  ['EUROPE-WEST4', 'region', 'europe-west4-a', undefined],
  ['US', 'multi-region', 'us-central1-a', undefined],
  ['NAM4', 'dual-region', 'us-central1-a', undefined],
  ['EUROPE-WEST4', 'region', 'us-central1-a', '$0.50'],
  ['EU', 'multi-region', 'us-central1-a', '$0.50'],
  ['US-EAST1', 'region', 'us-central1-a', '$0.20'],
  ['SOUTHAMERICA-EAST1', 'region', 'us-central1-a', '$1.40'],
])('%s (%s) for a machine in %s costs %s', (location, type, zone, cost) => {
  const warning = regionWarning({ bucket: 'ralph', location, type }, zone, 10 * GIB);
  if (cost === undefined) expect(warning).toBeUndefined();
  else expect(warning).toContain(`about ${cost} at`);
});
