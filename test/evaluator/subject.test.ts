/** What --checkpoint may name, and what to do where it cannot be rolled out. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCheckpoints } from '../../evaluator/sweep/checkpoints.ts';
import { resolveSubject } from '../../rollouts/subject.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'brickyard-subject-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A run with these checkpoints, of which the named ones were exported. */
function run(name: string, steps: readonly number[], exported: readonly number[], links = {}): string {
  const folder = join(home, name);
  mkdirSync(join(folder, 'checkpoints'), { recursive: true });
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ dataset: { path: '/data/a set' } }));
  for (const step of steps) {
    const checkpoint = join(folder, 'checkpoints', String(step).padStart(6, '0'));
    mkdirSync(join(checkpoint, 'policy'), { recursive: true });
    if (exported.includes(step)) writeFileSync(join(checkpoint, 'policy', 'policy.json'), '{}');
  }
  for (const [link, to] of Object.entries(links))
    symlinkSync(to as string, join(folder, 'checkpoints', link));
  return folder;
}
const subject = (text: string) => resolveSubject(text, (path) => join(home, path));

describe('a training run', () => {
  it('is its best, else its last, else its latest checkpoint', () => {
    const links = { best: '000100', last: '000300' };
    run('linked', [100, 200, 300], [100, 200, 300], links);
    expect(subject('linked')).toMatchObject({ label: 'linked-best-000100' });
    expect(subject('linked@last')).toMatchObject({ label: 'linked-last-000300' });
    expect(subject('linked@200')).toMatchObject({ label: 'linked-000200' });
    run('killed', [100, 200], [200]);
    expect(subject('killed')).toMatchObject({
      label: 'killed-000200',
      folder: join(home, 'killed/checkpoints/000200/policy'),
    });
  });

  it('without the checkpoint is refused with those there are', () => {
    expect(() => subject('killed@300')).toThrow(/no checkpoint "300"; there are 000100, 000200/);
  });

  it('whose checkpoint was not exported is refused with the whole command that does it', () => {
    const checkpoint = join(home, 'killed/checkpoints/000100');
    expect(() => subject('killed@100')).toThrow(
      `brickyard export ${checkpoint} --dataset '/data/a set' --out ${join(checkpoint, 'policy')}`,
    );
    const bare = run('bare', [100, 200], []);
    expect(() => listCheckpoints(bare, 'bare')).toThrow(
      `none of its 2 checkpoints was exported; take one and export it with: brickyard export ${bare}/checkpoints/000200`,
    );
    expect(() => listCheckpoints(run('empty', [], []), 'empty')).toThrow('empty: has no checkpoint yet');
  });
});
