/** Hosts that are there anyway: found, never made, stopped or deleted. */
import { expect, it } from 'vitest';
import { HostsCloud } from '../../trainer/launch/cloud/hosts.ts';

it('knows its hosts and does nothing to them', async () => {
  const cloud = new HostsCloud([{ address: 'gpu-box', gpu: 'A100', gpus: 2 }]);
  const ref = HostsCloud.ref('gpu-box');
  const offer = { zone: 'gpu-box', type: 'host', gpu: 'A100', gpus: 2, pricePerHourUsd: null };
  expect(await cloud.offers()).toEqual([offer]);
  expect(await cloud.describe(ref)).toMatchObject({ ...ref, state: 'running', address: 'gpu-box', offer });
  expect(await cloud.describe(HostsCloud.ref('other'))).toBeNull();
  await cloud.start();
  await cloud.stop();
  expect(await cloud.describe(ref)).toMatchObject({ state: 'running' });
  expect(await cloud.find()).toEqual([]);
  await expect(cloud.create()).rejects.toMatchObject({ fault: 'invalid' });
  await expect(cloud.delete(ref)).rejects.toMatchObject({ fault: 'invalid' });
});
