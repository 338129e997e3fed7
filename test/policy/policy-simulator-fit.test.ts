import { expect, it } from 'vitest';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { simulatorSettings } from '../../policy/simulator-fit.ts';
import { TINY_POLICY } from './altered-policy.ts';

it('sets the simulator as the policy was trained', async () => {
  expect(simulatorSettings(await loadPolicy(TINY_POLICY))).toEqual({
    fps: 10,
    state: 'seed4',
    widthPx: 64,
    heightPx: 48,
  });
});

it('names everything that the simulator lacks, at once', async () => {
  const { folder, contract } = await loadPolicy(TINY_POLICY);
  const wanted = structuredClone(contract);
  wanted.fps = 11;
  wanted.inputs.images[0].name = 'observation.images.top';
  wanted.inputs.state.names = ['loader_z', 'loader_x', 'loader_rotation', 'legos_remaining'];
  wanted.output.names = ['left', 'right'];
  wanted.output.range = [-2, 2];
  expect(() => simulatorSettings({ folder, contract: wanted })).toThrow(
    /has 5 faults:[\s\S]*fps is 11[\s\S]*images\.top; the simulator's camera is observation\.images\.ego[\s\S]*loader_z, loader_x[\s\S]*left, right[\s\S]*-2 to 2/,
  );
});
