import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { attemptEpisode } from '../../../generator/episode.ts';
import { MODE_DEFAULTS } from '../../../generator/modes/kind.ts';
import { resolveSelection } from '../../../scenarios/registry.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { Trajectory } from '../../../sim/trajectory.ts';

const GOLDEN = new URL('../../golden/expert-episodes.json', import.meta.url);

beforeAll(loadPhysics);

/** Everything that goes from a trajectory into a dataset, and the poses that its pictures are drawn from; -0 counts as 0. */
function digest({ start, poses, states, actions, executedActions, ...rest }: Trajectory): string {
  const { sources, labelValid, phases } = rest;
  const hash = createHash('sha256').update(JSON.stringify(start));
  const floats = [poses, states, actions, executedActions].map((column) => column.map((value) => value + 0));
  for (const column of [...floats, sources, labelValid, phases])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  return hash.digest('hex');
}

test('episodes of the expert are what they were before there were modes, to the byte', () => {
  const golden = JSON.parse(readFileSync(GOLDEN, 'utf8'));
  const chosen = resolveSelection(Object.keys(golden).join(','), '.');
  const made = chosen.map(({ scenario }) => {
    const options = { scenario, slot: 1, attempt: 0, seed: 3, fps: 10, state: 'seed4' } as const;
    const outcome = attemptEpisode({ ...options, modes: MODE_DEFAULTS });
    if ('failure' in outcome) throw new Error(outcome.failure.detail);
    const { frames, finalStateHash } = outcome.kept;
    return [scenario.name, { frames, finalStateHash, sha256: digest(outcome.kept) }];
  });
  expect(Object.fromEntries(made)).toEqual(golden);
});
