import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { shellLine } from '../../runtime/shell-line.ts';
import { trainerEvent } from '../../trainer/launch/events.ts';
import { assertParity } from '../../trainer/launch/node-parity.ts';
import { hydraString, trainerArguments } from '../../trainer/launch/overrides.ts';
import { trainProgressLine } from '../../trainer/launch/train-progress.ts';

describe('the command line as overrides', () => {
  it('passes options on under their keys, and overrides as they are', () => {
    const args = trainerArguments({
      dataset: '/data/a b',
      resume: '/runs/1',
      allowChange: ['training.lr', 'seed'],
      notify: "curl 'x'",
      overrides: ['training.lr=1e-4', '+new=1', '~wandb', 'policy=act_small'],
    });
    expect(args).toEqual([
      'training.lr=1e-4',
      '+new=1',
      '~wandb',
      'policy=act_small',
      "data.root='/data/a b'",
      "resume='/runs/1'",
      'allow_change=[training.lr,seed]',
      "notify='curl \\'x\\''",
    ]);
  });

  it.each([
    ['training.init_from=run/checkpoints/best', "training.init_from='/home/me/run/checkpoints/best'"],
    ['training.init_from=../a b', "training.init_from='/home/a b'"],
    ["training.init_from='../a=b'", "training.init_from='/home/a=b'"],
    ['training.init_from=/runs/1', "training.init_from='/runs/1'"],
    ['training.init_from=~/runs/1', 'training.init_from=~/runs/1'],
    ['training.init_from=null', 'training.init_from=null'],
    ['training.init_from_other=a', 'training.init_from_other=a'],
  ])('a path starts where the user stood: %s', (typed, passed) => {
    vi.stubEnv('INIT_CWD', '/home/me');
    expect(trainerArguments({ allowChange: [], overrides: [typed] })).toEqual([passed]);
    vi.unstubAllEnvs();
  });

  it('names everything that is wrong at once', () => {
    const selection = { out: '/a', resume: '/b', allowChange: ['a b'], overrides: ['steps', 'data.root=/x'] };
    expect(() => trainerArguments(selection)).toThrow(
      /has 4 faults:[\s\S]*"steps" is no override[\s\S]*data\.root is given by --dataset[\s\S]*exclude each other[\s\S]*"a b"/,
    );
    expect(() => trainerArguments({ allowChange: ['seed'], overrides: [] })).toThrow('is for --resume');
  });

  it('quotes any text so that it is read back as it was', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/[\0\n]/.test(text)),
        (text) => {
          const quoted = hydraString(text);
          expect(quoted).toMatch(/^'[\s\S]*'$/);
          expect(readQuoted(quoted.slice(1, -1))).toBe(text);
        },
      ),
    );
  });
});

/** Hydra's rule: backslashes count only in front of a quote or the end, where each pair is one. */
function readQuoted(inner: string): string {
  return inner.replace(/(\\+)('|$)/g, (_, slashes: string, quote: string) => {
    if (quote !== '') expect(slashes.length % 2).toBe(1);
    return '\\'.repeat(Math.floor(slashes.length / 2)) + quote;
  });
}

it('takes only whole events for events', () => {
  expect(trainerEvent('{"event":"start","run":"r","steps":3,"more":1}')).toMatchObject({ steps: 3 });
  for (const line of ['loss 0.1', '{"event":"start"}', '{"event":"other"}', '{"eve', '[]'])
    expect(trainerEvent(line)).toBeUndefined();
});

it('shows a step in a line', () => {
  const step = {
    event: 'step',
    step: 1500,
    steps: 6000,
    loss: 0.04231,
    steps_per_s: 9.81,
    eta_s: 460,
  } as const;
  expect(trainProgressLine(step)).toBe(
    '[######------------------] 1,500/6,000 steps | loss 0.0423 | 9.81 steps/s | ETA 7 min 40 s',
  );
});

it('names each parity figure that is over its bar, and takes NaN for one', () => {
  expect(() => assertParity({ frames: 200, resize: 0, network: 1e-6, end_to_end: 1e-4 })).not.toThrow();
  expect(() => assertParity({ frames: 200, resize: 0.1, network: Number.NaN, end_to_end: 1 })).toThrow(
    /resize 0\.100 .*network NaN .*end_to_end 1\.00/,
  );
});

it('takes half of a larger action range for one, and no smaller range', () => {
  const figures = { frames: 200, resize: 0, network: 1e-6, end_to_end: 0.05 };
  expect(() => assertParity(figures, [-90, 90])).not.toThrow();
  expect(() => assertParity(figures, [-0.1, 0.1])).toThrow('end_to_end 0.0500 (at most 0.00100)');
});

it('keeps a command so that a shell takes it again', () => {
  expect(shellLine(['brickyard', 'a.b=[x]', "it's", '--n'])).toBe("brickyard 'a.b=[x]' 'it'\\''s' --n");
});
