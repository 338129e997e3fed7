/** What a loop makes of a run elsewhere, in each state that a supervisor leaves one in. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLoop } from '../../loop/open-loop.ts';
import { assertTrainsThere, bringHome, remoteProgress } from '../../loop/remote-runs.ts';
import { remoteTrainFacts } from '../../loop/stage-facts.ts';
import { STATE_FILE, writeState } from '../../loop/state.ts';
import { Disk } from '../../runtime/disk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-loop-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text = '{}'): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const status = (kind: string, cleanUp: string): string =>
  JSON.stringify({ outcome: { kind, reason: '' }, cleanUp });

/** As a run lies here once its checkpoints have come. */
function remoteRun(): string {
  const at = 'runs/x/outputs/run';
  write('runs/x/plan.json');
  write('runs/x/supervisor/state.json', status('succeeded', 'done'));
  write(`${at}/handover.json`, '{"step":300,"loss_first":0.6,"loss_last":0.2}');
  for (const step of ['000200', '000300'])
    for (const file of ['pretrained_model/config.json', 'training_state/optimizer', 'policy/policy.json'])
      write(`${at}/checkpoints/${step}/${file}`);
  for (const [link, step] of [
    ['last', '000300'],
    ['best', '000200'],
  ])
    symlinkSync(step, join(folder, at, 'checkpoints', link));
  return join(folder, 'runs/x');
}

describe('a run elsewhere', () => {
  it.each([
    ['none', 'was not begun', () => rmSync(join(folder, 'runs/x/plan.json'))],
    [
      'begun',
      'was killed before its first state',
      () => rmSync(join(folder, 'runs/x/supervisor'), { recursive: true }),
    ],
    ['begun', 'was interrupted', () => write('runs/x/supervisor/state.json', status('interrupted', 'done'))],
    ['begun', 'has a machine left', () => write('runs/x/supervisor/state.json', status('succeeded', 'left'))],
    [
      'begun',
      'has no policy here yet',
      () => rmSync(join(folder, 'runs/x/outputs/run/checkpoints/000300/policy'), { recursive: true }),
    ],
    ['done', 'succeeded', () => {}],
  ])('is %s when it %s', (progress, _how, change) => {
    const run = remoteRun();
    change();
    expect(remoteProgress(run)).toBe(progress);
  });

  it('comes home with its last checkpoint alone, in place of what lay there', async () => {
    write('loop/rounds/00/run/checkpoints/000001/left', 'of a training here that was given up');
    const home = join(folder, 'loop/rounds/00/run');
    await bringHome(remoteRun(), home, new Disk());
    expect(readdirSync(join(home, 'checkpoints')).sort()).toEqual(['000300', 'last']);
    expect(readdirSync(join(home, 'checkpoints/last')).sort()).toEqual(['policy', 'pretrained_model']);
    const request = { kind: 'train', id: '00/train', round: 0, out: 'rounds/00/run' } as const;
    const rest = { dataset: '', steps: 300, seed: 0, attempt: 1, lr: 1, initFrom: null };
    expect(remoteTrainFacts({ ...request, ...rest }, join(folder, 'loop'))).toEqual({
      ...{ steps: 300, lossFirst: 0.6, lossLast: 0.2 },
      policy: 'rounds/00/run/checkpoints/last/policy',
    });
    expect(readdirSync(join(folder, 'loop/rounds/00'))).toEqual(['run']);
  });
});

describe('the settings of trainings elsewhere', () => {
  const machine = { cores: 2, overlap: true, provider: 'ssh', settings: null };

  it('are looked at before anything is made', () => {
    expect(() => assertTrainsThere(machine, folder)).toThrow(
      /train\.remote\.yaml[\s\S]*--host is missing[\s\S]*--out is missing/,
    );
    write('train.remote.yaml', 'out: gs://bucket/runs\nssh: { host: box }\n');
    expect(() => assertTrainsThere(machine, folder)).not.toThrow();
    expect(() => assertTrainsThere({ ...machine, provider: 'shh' }, folder)).toThrow('did you mean');
    write('other.yaml', 'overrides: [training.epochs=5]\n');
    expect(() => assertTrainsThere({ ...machine, settings: join(folder, 'other.yaml') }, folder)).toThrow(
      'give them to `loop` as key=value',
    );
  });

  it('stay those of the loop when it goes on, unless others are named', async () => {
    const out = join(folder, 'loop');
    const given = { content: {}, limits: {} };
    const begun = openLoop(
      out,
      given,
      { cores: 1, overlap: true, provider: 'gcp', settings: '/s.yaml' },
      'c',
    );
    expect(begun.machine).toMatchObject({ provider: 'gcp', settings: '/s.yaml', overlap: true });
    mkdirSync(out);
    await writeState(join(out, STATE_FILE), begun);
    const again = openLoop(out, given, { cores: 1, overlap: true }, 'c');
    expect(again).toMatchObject({ machine: begun.machine, madeWith: begun.madeWith });
    const here = openLoop(out, given, { cores: 1, overlap: true, provider: 'local' }, 'c');
    expect(here.machine).toMatchObject({ provider: 'local', overlap: false });
  });
});
