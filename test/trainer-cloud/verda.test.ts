/** Verda's client against a fake that has the traps of the real one: late refusals, leftovers, half answers. */
import { beforeEach, expect, it } from 'vitest';
import { VerdaCloud, type VerdaOptions } from '../../trainer/launch/cloud/verda.ts';
import { VerdaApi } from '../../trainer/launch/cloud/verda-api.ts';
import type { Clock, CreateRequest, MachineRef } from '../../trainer/launch/remote/ports.ts';
import { VerdaServer } from '../fakes/verda-server.ts';

const LABELS = { 'brickyard-run': 'r1' };

let fake: VerdaServer;
let clock: Clock;
let api: VerdaApi;

beforeEach(() => {
  fake = new VerdaServer();
  clock = { nowMs: () => fake.nowMs, sleep: async (durationMs) => fake.advance(durationMs) };
  const login = { clientId: 'client', clientSecret: 'secret' };
  api = new VerdaApi({ login, nowMs: () => fake.nowMs, base: 'http://fake', fetch: fake.server.fetch });
});

function cloud(more: Partial<VerdaOptions> = {}): VerdaCloud {
  const wanted = { gpu: 'H100', gpus: 1, types: [], locations: [], spot: true };
  return new VerdaCloud({
    api,
    clock,
    ...wanted,
    image: 'ubuntu-24.04',
    osVolumeGb: 100,
    volume: null,
    ...more,
  });
}

async function request(more: Partial<CreateRequest> = {}): Promise<CreateRequest> {
  const [offer] = await cloud().offers();
  const requestId = '8b9e7a5e-0000-4000-8000-000000000001';
  return {
    offer,
    name: 'by-r1-1',
    labels: LABELS,
    requestId,
    maxRunS: 7200,
    deadManS: 1800,
    publicKey: 'ssh-ed25519 A',
    ...more,
  };
}

async function running(): Promise<MachineRef> {
  const ref = await cloud().create(await request());
  fake.advance(120_000);
  expect(await cloud().describe(ref)).toMatchObject({ state: 'running', address: '198.51.100.4' });
  return ref;
}

const nothingIsLeft = () => [fake.instances.size, fake.volumes.size, fake.sshkeys.size, fake.scripts.size];

it('offers what is in stock by price, and what fits when nothing is', async () => {
  expect(await cloud().offers()).toEqual([
    { zone: 'FIN-01', type: '1H100.80S.30V', gpu: 'H100', gpus: 1, pricePerHourUsd: 0.8 },
    { zone: 'ICE-01', type: '1H100.80S.30V', gpu: 'H100', gpus: 1, pricePerHourUsd: 0.8 },
  ]);
  expect((await cloud({ spot: false, types: ['1A100.22V'] }).offers())[0]).toMatchObject({
    gpu: 'A100',
    pricePerHourUsd: 1.29,
  });
  expect((await cloud({ gpus: 4, locations: ['FIN-03'] }).offers())[0]).toMatchObject({
    zone: 'FIN-03',
    type: '4H100.80S.176V',
  });
  expect(await cloud({ gpus: 8 }).offers()).toEqual([]);
});

it('makes a machine with its own key and script, keeps its disk through an eviction, deletes all of it', async () => {
  const ref = await running();
  const sent = fake.server.requests.find(({ method, path }) => method === 'POST' && path === '/instances');
  expect(sent?.body).toMatchObject({
    is_spot: true,
    contract: 'SPOT',
    hostname: 'by-r1-1',
    tags: ['brickyard-run=r1'],
    os_volume: { on_spot_discontinue: 'keep_detached' },
  });
  expect([...fake.scripts.values()][0].script).toContain('sleep 7200');
  expect(await cloud().find(LABELS)).toMatchObject([{ id: ref.id, labels: LABELS }]);
  expect(await cloud().find({ 'brickyard-run': 'r' })).toEqual([]);
  await cloud().delete(ref);
  expect(await cloud().describe(ref)).toMatchObject({ state: 'stopping' });
  fake.advance(60_000);
  expect(await cloud().describe(ref)).toBeNull();
  await cloud().delete(ref);
  expect(nothingIsLeft()).toEqual([0, 0, 0, 0]);
});

it.each([false, true])('reads the id of a new instance, JSON: %s', async (idAsJson) => {
  fake.idAsJson = idAsJson;
  const ref = await cloud().create(await request());
  expect(fake.instances.has(ref.id)).toBe(true);
});

it('finds a machine whose answer was lost before it orders another', async () => {
  fake.server.order('POST', /^\/instances$/, 'lost');
  await expect(cloud().create(await request())).rejects.toMatchObject({ fault: 'transient' });
  await cloud().create(await request());
  expect(fake.instances.size).toBe(1);
});

it('sees that there is no capacity after the order was taken, and leaves nothing', async () => {
  fake.noCapacity = true;
  await expect(cloud().create(await request())).rejects.toMatchObject({ fault: 'stockout' });
  fake.advance(60_000);
  expect(nothingIsLeft()).toEqual([0, 0, 0, 0]);
});

it('waits with a deletion while it is provisioned; what is gone is deleted', async () => {
  const ref = await cloud().create(await request());
  fake.advance(10_000);
  await expect(cloud().delete(ref)).rejects.toMatchObject({ fault: 'busy' });
  fake.advance(120_000);
  fake.partial = true;
  await cloud().delete(ref);
  fake.advance(60_000);
  await cloud().delete(ref);
  await cloud().delete({ ...ref, id: 'instance-99' });
});

it('reads the refusal inside of a 207', async () => {
  const ref = await cloud().create(await request());
  fake.advance(10_000);
  fake.partial = true;
  await expect(cloud().delete(ref)).rejects.toMatchObject({ fault: 'busy' });
});

it('sees an eviction, finds what it left, and sweeps it', async () => {
  const ref = await running();
  fake.evict(ref.id);
  expect(await cloud().describe(ref)).toMatchObject({ state: 'gone', preempted: true });
  const [left] = await cloud().find(LABELS);
  expect(left).toMatchObject({
    id: `volume:${[...fake.volumes.keys()][0]}`,
    name: 'by-r1-1',
    state: 'stopped',
    zone: 'FIN-01',
  });
  expect(await cloud().find({ brickyard: 'train' })).toMatchObject([{ labels: LABELS }]);
  expect(await cloud().find({ 'brickyard-run': 'r1-2' })).toEqual([]);
  await cloud().delete(left);
  expect(await cloud().describe(left)).toBeNull();
  expect(nothingIsLeft().slice(1)).toEqual([0, 0, 0]);
});

it('boots from a left-over volume in its location, and keeps it', async () => {
  const ref = await running();
  fake.evict(ref.id);
  const volume = { id: [...fake.volumes.keys()][0], location: 'FIN-01' };
  expect(await cloud().volumeLeftBy(LABELS)).toMatchObject(volume);
  expect(await cloud().volumeLeftBy({ 'brickyard-run': 'r2' })).toBeUndefined();
  const again = cloud({ volume });
  // Wanted: nobody may sweep it.
  expect(await again.find(LABELS)).toEqual([]);
  expect((await again.offers()).map(({ zone }) => zone)).toEqual(['FIN-01']);
  const second = await again.create(await request({ name: 'by-r1-2' }));
  expect(await cloud().volumeLeftBy(LABELS)).toMatchObject(volume);
  expect(fake.volumes.get(volume.id)?.status).toBe('attached');
  fake.advance(120_000);
  await again.delete(second);
  expect(fake.volumes.get(volume.id)?.status).toBe('detached');
});

it.each([
  ['new', 'starting'],
  ['ordered', 'starting'],
  ['provisioning', 'starting'],
  ['validating', 'starting'],
  ['pending', 'starting'],
  ['running', 'running'],
  ['offline', 'stopped'],
  ['deleting', 'stopping'],
  ['error', 'failed'],
  ['no_capacity', 'failed'],
  ['discontinued', 'gone'],
  ['notfound', 'gone'],
  ['something_new', 'stopping'],
])('reads the status %s as %s', async (status, state) => {
  const ref = await cloud().create(await request());
  fake.instances.get(ref.id)!.status = status;
  expect(await cloud().describe(ref)).toMatchObject({ state });
});

it('logs in again when its token, or even its refresh token, is refused', async () => {
  await cloud().offers();
  fake.advance(3_600_000);
  await cloud().offers();
  const grants = () =>
    fake.server.requests.flatMap(({ body }) => (body as { grant_type?: string })?.grant_type ?? []);
  expect(grants()).toEqual(['client_credentials', 'refresh_token']);
  fake.revokeTokens();
  await cloud().offers();
  fake.credentials.secret = 'changed';
  fake.revokeTokens();
  await expect(cloud().offers()).rejects.toMatchObject({ fault: 'credentials', scope: 'everywhere' });
  await expect(cloud().offers()).rejects.not.toThrow('secret"');
});

it.each([
  [402, 'insufficient_funds', 'no money', 'permission'],
  [403, 'forbidden_action', 'not yours', 'permission'],
  [503, 'service_unavailable', 'No capacity for the instance type', 'stockout'],
  [400, 'invalid_request', 'Instance limit reached', 'quota'],
  [400, 'invalid_request', 'hostname is not valid', 'invalid'],
  [429, 'too_many_requests', 'slow down', 'transient'],
  [500, 'server_error', 'oops', 'transient'],
])('takes HTTP %d %s (%s) for %s, and leaves no key', async (status, code, message, fault) => {
  const wanted = await request();
  fake.server.order('POST', /^\/instances$/, { status, body: { code, message } });
  await expect(cloud().create(wanted)).rejects.toMatchObject({ fault });
  if (fault !== 'transient') expect(fake.sshkeys.size + fake.scripts.size).toBe(0);
});
