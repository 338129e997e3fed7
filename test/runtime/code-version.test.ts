import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodeOf, codeVersion, sourcesOf } from '../../runtime/code-version.ts';

const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
let folder: string;
let copies = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-code-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The version of a copy of the sources in which one file has another line. */
function versionWith(of: CodeOf, changed?: string): string {
  const root = join(folder, `${copies++}`);
  for (const room of [
    'runtime',
    'render',
    'sim',
    'scenarios',
    'dataset',
    'policy',
    'rollouts',
    'generator',
    'evaluator',
    'tsconfig.json',
  ])
    cpSync(join(CHECKOUT, room), join(root, room), { recursive: true });
  if (changed) appendFileSync(join(root, changed), '\n// changed\n');
  return codeVersion(of, root);
}

describe('the version of the code behind a run', () => {
  it('is the same for the same sources, and each kind of run has its own', () => {
    expect(versionWith('gen')).toBe(codeVersion('gen'));
    expect(versionWith('rollout')).toBe(codeVersion('rollout'));
    expect(codeVersion('gen')).not.toBe(codeVersion('rollout'));
  });

  it.each([
    ['gen', 'sim/tasks/collect-bricks/world.ts'],
    ['gen', 'sim/tasks/collect-bricks/expert/deliver.ts'],
    ['gen', 'sim/engine/scene/shading.ts'],
    ['gen', 'render/page/yuv.ts'],
    ['gen', 'scenarios/sampler.ts'],
    ['gen', 'scenarios/plan.ts'],
    ['gen', 'generator/episode.ts'],
    ['gen', 'generator/aim.ts'],
    ['gen', 'generator/modes/noise.ts'],
    ['gen', 'generator/modes/dagger-student.ts'],
    ['gen', 'sim/tasks/collect-bricks/disturbances/displaced.ts'],
    ['gen', 'dataset/statistics.ts'],
    ['gen', 'policy/session.ts'],
    ['rollout', 'sim/tasks/collect-bricks/world.ts'],
    ['rollout', 'sim/engine/scene/shading.ts'],
    ['rollout', 'render/page/main.ts'],
    ['rollout', 'scenarios/sampler.ts'],
    ['rollout', 'scenarios/suites/conditions.ts'],
    ['rollout', 'rollouts/episode.ts'],
    ['rollout', 'policy/onnx-policy.ts'],
    ['rollout', 'sim/tasks/collect-bricks/failures/rules.ts'],
    ['rollout', 'policy/contract.ts'],
  ] as const)('of %s changes with %s', (of, file) => {
    expect(versionWith(of, file)).not.toBe(codeVersion(of));
  });

  it('does not change with what only reads, checks or reports', () => {
    const made = [...sourcesOf('gen'), ...sourcesOf('rollout')];
    for (const name of ['dataset/validate.ts', 'generator/doctor/report.ts', 'evaluator/report/page.ts'])
      expect(made).not.toContain(name);
  });
});
