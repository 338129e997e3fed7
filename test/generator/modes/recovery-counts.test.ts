import { describe, expect, test } from 'vitest';
import type { FailedAttempt } from '../../../generator/episode.ts';
import { countKinds } from '../../../generator/kind-counts.ts';
import type { KeptEpisode } from '../../../generator/messages.ts';
import { MODE_DEFAULTS } from '../../../generator/modes/kind.ts';
import { countRecoveries, recoveryLines } from '../../../generator/modes/recovery-counts.ts';
import type { ContentSettings } from '../../../generator/settings.ts';

const content: ContentSettings = {
  ...{ ...MODE_DEFAULTS, mode: 'mix', recoveryShare: 0.25 },
  ...{ scenarios: 'all', episodes: 9, seed: 4, widthPx: 96, heightPx: 64, fps: 10, state: 'seed4' },
};
const kept = (changes: Partial<KeptEpisode>): KeptEpisode => ({
  ...{ scenario: 'wall', attempt: 0, frames: 10, stagedBytes: 1, finalStateHash: '0', ...changes },
});
const failure = (slot: number, changes: Partial<FailedAttempt>): FailedAttempt => ({
  ...{ scenario: 'wall', slot, attempt: 1, reason: 'timeout', detail: 'why', ...changes },
});
const KEPT = [
  kept({}),
  kept({ kind: 'noise', sources: { expert: 7, noise: 3 } }),
  kept({ kind: 'recovery', disturbance: 'jam', sources: { recovery: 10 } }),
];

describe('countRecoveries', () => {
  test('tells what was solved and what not, with the command that tries it again', () => {
    const counts = countRecoveries(KEPT, [failure(3, { kind: 'recovery', disturbance: 'spill' })], content);
    expect(counts?.by_disturbance).toEqual({
      jam: { solved: 1, unsolved: 0 },
      spill: { solved: 0, unsolved: 1 },
    });
    expect(counts?.expert_bugs[0].command).toBe(
      'brickyard gen --attempt wall/3/1 --mode recovery --seed 4 --fps 10 --state seed4',
    );
    expect(recoveryLines(counts!).join('\n')).toMatch(/jam 1 of 1, spill 0 of 1[\s\S]*--attempt wall\/3\/1/);
  });

  test('names the user’s own scenario files', () => {
    const failures = [failure(0, { disturbance: 'jam' })];
    const counts = countRecoveries([], failures, { ...content, scenarios: 'my yards/a.yaml,wall:2' });
    expect(counts?.expert_bugs[0].command).toContain(" --scenarios 'my yards/a.yaml,wall:2' ");
  });

  test('is nothing where nothing was disturbed; a failure before the disturbance is no bug of recovering', () => {
    expect(countRecoveries([KEPT[0]], [], content)).toBeUndefined();
    expect(countRecoveries(KEPT, [failure(0, { kind: 'recovery' })], content)?.expert_bugs).toEqual([]);
  });
});

test('countKinds: kinds with episodes and frames, sources with frames, old journals are the expert’s', () => {
  expect(countKinds(KEPT)).toEqual({
    by_kind: {
      expert: { episodes: 1, frames: 10 },
      noise: { episodes: 1, frames: 10 },
      recovery: { episodes: 1, frames: 10 },
    },
    frames_by_source: { expert: 17, noise: 3, recovery: 10 },
  });
});
