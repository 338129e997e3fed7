import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tiltedBucket, tiltedBucketLine } from '../../scripts/results/tilted-bucket.ts';
import { evaluate } from '../evaluator/rollout-process.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-bucket-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test.each([
  // It lowers the bucket before it goes; at random it stays where it was moved to.
  ['expert', 0, 0.05],
  ['random', 0.2, 1],
])(
  '%s goes for bricks with its bucket tilted in %d to %d of the frames',
  async (policy, least, most) => {
    const rollout = ['rollout', '--checkpoint', policy, '--scenarios', 'one-brick,few', '--episodes', '4'];
    const { code, stderr } = await evaluate([...rollout, '--no-report', '--out', policy], home);
    expect(code, stderr).toBe(0);
    const found = await tiltedBucket(join(home, policy));
    expect(found.episodes).toBe(2);
    expect(found.frames).toBeGreaterThan(20);
    expect(found.tilted / found.frames).toBeGreaterThanOrEqual(least);
    expect(found.tilted / found.frames).toBeLessThanOrEqual(most);
    expect(tiltedBucketLine(found)).toContain(`in ${found.long} of 2 episodes`);
  },
  60_000,
);
