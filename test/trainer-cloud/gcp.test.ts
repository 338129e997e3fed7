/** Compute Engine's client against a fake that answers as the real one does: operations, stock-outs, preemptions. */
import { beforeEach, expect, it } from 'vitest';
import { GcpCloud, type GcpOptions } from '../../trainer/launch/cloud/gcp.ts';
import type { Clock, CreateRequest, Offer } from '../../trainer/launch/remote/ports.ts';
import { ComputeServer } from '../fakes/compute-server.ts';

const OFFER: Offer = {
  zone: 'us-central1-a',
  type: 'a2-highgpu-1g',
  gpu: 'A100',
  gpus: 1,
  pricePerHourUsd: 1.2,
};
const LABELS = { 'brickyard-run': 'r1' };
const KEY = 'ssh-ed25519 AAAAkey brickyard';

let fake: ComputeServer;
let clock: Clock;

beforeEach(() => {
  fake = new ComputeServer();
  clock = { nowMs: () => fake.nowMs, sleep: async (durationMs) => fake.advance(durationMs) };
});

function cloud(more: Partial<GcpOptions> = {}): GcpCloud {
  return new GcpCloud({
    project: 'p',
    wanted: [OFFER],
    existing: null,
    pricePerHourUsd: null,
    image: 'projects/x/global/images/family/y',
    diskGb: 100,
    spot: true,
    serviceAccount: null,
    user: 'brickyard',
    token: async () => 't',
    clock,
    base: 'http://fake',
    fetch: fake.server.fetch,
    ...more,
  });
}

function request(more: Partial<CreateRequest> = {}): CreateRequest {
  const ids = { name: 'by-r1-1', requestId: '8b9e7a5e-0000-4000-8000-000000000001' };
  return { offer: OFFER, labels: LABELS, maxRunS: 7200.4, deadManS: 1800, publicKey: KEY, ...ids, ...more };
}

it('makes a spot machine that ends by itself, may write to storage and takes the key', async () => {
  const ref = await cloud().create(request());
  expect(ref).toEqual({ id: 'by-r1-1', name: 'by-r1-1', zone: 'us-central1-a' });
  const [sent] = fake.server.requests;
  expect(sent.query.get('requestId')).toBe('8b9e7a5e-0000-4000-8000-000000000001');
  expect(sent.body).toMatchObject({
    labels: LABELS,
    scheduling: {
      provisioningModel: 'SPOT',
      onHostMaintenance: 'TERMINATE',
      maxRunDuration: { seconds: '7201' },
    },
    serviceAccounts: [{ scopes: ['https://www.googleapis.com/auth/cloud-platform'] }],
    disks: [{ autoDelete: true, boot: true }],
  });
  const { items } = (sent.body as { metadata: { items: { key: string; value: string }[] } }).metadata;
  expect(items.find(({ key }) => key === 'ssh-keys')?.value).toBe(`brickyard:${KEY}`);
  expect(items.find(({ key }) => key === 'startup-script')?.value).toContain('count 1800');
  expect(await cloud().describe(ref)).toMatchObject({
    state: 'running',
    address: '203.0.113.7',
    preempted: false,
    labels: LABELS,
    offer: OFFER,
  });
});

it('makes one machine of two requests, whether the id or the name tells', async () => {
  fake.server.order('POST', /\/instances$/, 'lost');
  await expect(cloud().create(request())).rejects.toMatchObject({ fault: 'transient' });
  await cloud().create(request());
  await cloud().create(request({ requestId: '8b9e7a5e-0000-4000-8000-000000000002' }));
  expect(fake.instances.size).toBe(1);
  expect(await cloud().find(LABELS)).toHaveLength(1);
  expect(await cloud().find({ 'brickyard-run': 'other' })).toEqual([]);
});

it.each([
  ['ZONE_RESOURCE_POOL_EXHAUSTED', '', 'stockout', 'zone'],
  ['insufficientCapacity', '', 'stockout', 'zone'],
  ['UNSUPPORTED_OPERATION', 'preempted while it was created', 'stockout', 'zone'],
  ['RESOURCE_NOT_READY', '', 'busy', 'zone'],
  [
    'QUOTA_EXCEEDED',
    "Quota 'PREEMPTIBLE_NVIDIA_A100_GPUS' exceeded. Limit: 0.0 in region us-central1.",
    'quota',
    'region',
  ],
  ['QUOTA_EXCEEDED', "Quota 'GPUS_ALL_REGIONS' exceeded. Limit: 0.0 globally.", 'quota', 'everywhere'],
  ['IAM_PERMISSION_DENIED', '', 'permission', 'everywhere'],
  ['INTERNAL_ERROR', '', 'transient', 'zone'],
  ['INVALID_FIELD', 'diskSizeGb', 'invalid', 'zone'],
])('tells what an operation that ends with %s means: %s', async (code, message, fault, scope) => {
  fake.insertError = { code, message };
  await expect(cloud().create(request())).rejects.toMatchObject({
    fault,
    scope,
    message: expect.stringContaining(code),
  });
});

it('sees a stock-out that comes after the HTTP 200, and the same at a start', async () => {
  fake.soldOut.add('us-central1-a');
  await expect(cloud().create(request())).rejects.toMatchObject({ fault: 'stockout', scope: 'zone' });
  fake.add('mine', 'us-central1-a', 'TERMINATED');
  const ref = { id: 'mine', name: 'mine', zone: 'us-central1-a' };
  await expect(cloud().start(ref)).rejects.toMatchObject({ fault: 'stockout' });
  fake.soldOut.clear();
  await cloud().start(ref);
  expect(await cloud().describe(ref)).toMatchObject({ state: 'running' });
});

it('tells a preemption from a stop, and an old one from a new one', async () => {
  const ref = await cloud().create(request());
  fake.preempt('by-r1-1');
  expect(await cloud().describe(ref)).toMatchObject({ state: 'stopped', preempted: true });
  fake.advance(60_000);
  await cloud().start(ref);
  await cloud().stop(ref);
  expect(await cloud().describe(ref)).toMatchObject({ state: 'stopped', preempted: false });
});

it.each([
  ['PROVISIONING', 'starting'],
  ['STAGING', 'starting'],
  ['PENDING', 'starting'],
  ['RUNNING', 'running'],
  ['STOPPING', 'stopping'],
  ['SUSPENDED', 'stopped'],
  ['TERMINATED', 'stopped'],
  ['SOMETHING_NEW', 'stopping'],
])('reads the status %s as %s', async (status, state) => {
  fake.add('mine', 'us-central1-a', status);
  expect(await cloud().describe({ id: 'mine', name: 'mine', zone: 'us-central1-a' })).toMatchObject({
    state,
  });
});

it('deletes what it made, again and again, but never the user’s own', async () => {
  const ref = await cloud().create(request());
  await cloud().delete(ref);
  await cloud().delete(ref);
  expect(await cloud().describe(ref)).toBeNull();
  const own = cloud({ existing: { name: 'mine', publicKey: null } });
  fake.add('mine', 'us-central1-a', 'RUNNING');
  await expect(own.delete({ id: 'mine', name: 'mine', zone: 'us-central1-a' })).rejects.toMatchObject({
    fault: 'invalid',
  });
  expect(fake.instances.has('mine')).toBe(true);
});

it('gives the user’s own instance the key once, and leaves its other keys', async () => {
  const metadata = {
    items: [
      { key: 'ssh-keys', value: 'me:ssh-rsa BBB' },
      { key: 'x', value: 'y' },
    ],
  };
  const instance = fake.add('mine', 'us-central1-a', 'RUNNING', { metadata });
  const own = cloud({ existing: { name: 'mine', publicKey: KEY } });
  const ref = { id: 'mine', name: 'mine', zone: 'us-central1-a' };
  await own.describe(ref);
  await own.describe(ref);
  expect(instance.metadataVersion).toBe(2);
  expect(instance.body.metadata?.items).toContainEqual({
    key: 'ssh-keys',
    value: `me:ssh-rsa BBB\nbrickyard:${KEY}`,
  });
  expect(instance.body.metadata?.items).toContainEqual({ key: 'x', value: 'y' });
  await own.stop(ref);
  await own.describe(ref);
  expect(instance.body.metadata).toEqual({
    items: [
      { key: 'x', value: 'y' },
      { key: 'ssh-keys', value: 'me:ssh-rsa BBB' },
    ],
  });
});

it('offers what the zones have, the cheapest first', async () => {
  const wanted = [
    { ...OFFER, zone: 'a', pricePerHourUsd: null },
    { ...OFFER, zone: 'b', pricePerHourUsd: 3 },
    { ...OFFER, zone: 'c', pricePerHourUsd: 2 },
    { ...OFFER, zone: 'd', type: 'unknown-8g' },
  ];
  expect((await cloud({ wanted }).offers()).map(({ zone }) => zone)).toEqual(['c', 'b', 'a']);
});

it('renews a token that is refused, once', async () => {
  fake.tokens = ['new'];
  const token = async (fresh: boolean) => (fresh ? 'new' : 'old');
  expect(await cloud({ token }).find(LABELS)).toEqual([]);
  await expect(cloud({ token: async () => 'old' }).find(LABELS)).rejects.toMatchObject({
    fault: 'credentials',
  });
});

it.each([
  [403, 'forbidden', 'permission'],
  [403, 'quotaExceeded', 'quota'],
  [403, 'rateLimitExceeded', 'transient'],
  [429, 'rateLimitExceeded', 'transient'],
  [400, 'invalid', 'invalid'],
  [500, 'backendError', 'transient'],
  [503, 'ZONE_RESOURCE_POOL_EXHAUSTED', 'stockout'],
])('takes HTTP %d %s for %s', async (status, reason, fault) => {
  fake.server.order('POST', /\/instances$/, {
    status,
    body: { error: { message: 'm', errors: [{ reason }] } },
  });
  await expect(cloud().create(request())).rejects.toMatchObject({ fault });
  expect(fake.instances.size).toBe(0);
});

it('goes on asking for an operation whose answer is lost', async () => {
  fake.server.order('GET', /\/operations\//, 'cut');
  fake.server.order('GET', /\/operations\//, { status: 503 });
  await cloud().create(request());
  expect(fake.instances.get('by-r1-1')?.status).toBe('RUNNING');
});

it('says which permissions and scopes there are', async () => {
  const ref = { id: 'mine', name: 'mine', zone: 'us-central1-a' };
  const readOnly = 'https://www.googleapis.com/auth/devstorage.read_only';
  fake.add('mine', 'us-central1-a', 'RUNNING', { serviceAccounts: [{ email: 'e', scopes: [readOnly] }] });
  expect(await cloud().permissions(['compute.instances.start', 'compute.instances.delete'], ref)).toEqual([
    'compute.instances.start',
  ]);
  expect(await cloud().scopes(ref)).toEqual([readOnly]);
});
