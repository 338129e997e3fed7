import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDuration } from '../../loop/duration.ts';
import { beat, openLoop } from '../../loop/open-loop.ts';
import { parseLoopOptions } from '../../loop/options.ts';
import { runLoop } from '../../loop/run.ts';
import { readState, STATE_FILE, writeState } from '../../loop/state.ts';
import { copyOf } from '../../runtime/twin-file.ts';
import { InputError } from '../../sim/errors.ts';
import { FakeStages, fakeHost, newState } from './fake-stages.ts';

const MACHINE = { cores: 2, overlap: true, provider: 'local' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-loop-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (out: string, raw: Parameters<typeof parseLoopOptions>[0] = {}, overrides: string[] = []) =>
  openLoop(out, parseLoopOptions(raw, overrides), MACHINE, 'brickyard loop');

it('takes the state layouts of the task, the first where none is named', () => {
  const layouts = ['proprio', 'full'];
  expect(() => parseLoopOptions({ state: 'seed4' }, [], layouts)).toThrow(/--state .*proprio, full/);
  const given = parseLoopOptions({}, [], layouts);
  expect(openLoop(join(folder, 'layouts'), given, MACHINE, 'c', layouts[0]).content.state).toBe('proprio');
  const full = parseLoopOptions({ state: 'full' }, [], layouts);
  expect(openLoop(join(folder, 'layouts'), full, MACHINE, 'c', layouts[0]).content.state).toBe('full');
});

describe('lengths of time', () => {
  it.each([
    ['8h', 28_800],
    ['90m', 5400],
    ['1h30m', 5400],
    ['45s', 45],
    ['0.5h', 1800],
  ])('%s', (text, seconds) => expect(parseDuration('--budget', text)).toBe(seconds));

  it.each(['', '8', 'h', '30m1h', '-1h', '0h', '8 hours'])('"%s" is none', (text) =>
    expect(() => parseDuration('--budget', text)).toThrow('must be a length of time'),
  );
});

describe('options', () => {
  it('are refused all at once, each with what would do', () => {
    const bad = {
      rounds: '0',
      budget: 'long',
      target: '2',
      mode: 'wild',
      steps: 'x',
      scenarios: 'nowhere',
      initFrom: 'gone',
    };
    const overrides = ['training.lr=1', 'training.init_from=x', 'nonsense', 'training.batch_size=8'];
    let message = '';
    try {
      parseLoopOptions(bad, overrides);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      message = (error as Error).message;
    }
    for (const words of [
      ...['--rounds', '--budget', '--target', '--mode', '--steps', 'nowhere', 'gone', '10 faults'],
      ...['training.lr is decided by --lr', 'training.init_from is decided', '"nonsense" is no override'],
    ])
      expect(message).toContain(words);
    expect(message).not.toContain('batch_size=8');
  });

  it('let a suite say how many rollouts there are', () => {
    const { content } = parseLoopOptions({ suite: 'smoke' }, []);
    expect(content).toMatchObject({
      suite: 'smoke',
      aimEpisodes: 20,
      heldOutEpisodes: 20,
      finalEpisodes: 20,
    });
    expect(() => parseLoopOptions({ suite: 'smoke', heldOutEpisodes: '9' }, [])).toThrow(
      '--held-out-episodes',
    );
    expect(parseLoopOptions({ suite: 'smoke', finalEpisodes: '0' }, []).content.finalEpisodes).toBe(0);
  });

  it('refuse a suite of scenarios that no correction could be made in', () => {
    const asked = { suite: 'smoke', scenarios: 'one-brick,far,behind,wall,corner,start-loaded' };
    expect(() => open(join(folder, 'none'), asked)).toThrow(/has box-side, start-in-corner, which/);
    expect(open(join(folder, 'none'), { ...asked, corrections: '0' }).content.suite).toBe('smoke');
    expect(open(join(folder, 'none'), { suite: 'smoke' }).content.corrections).toBe(100);
  });

  it('refuse a target that so few rollouts cannot show, with the number that can', () => {
    const target = { target: '0.97' };
    expect(() => open(join(folder, 'none'), target)).toThrow(/0\.963.*125 would do/s);
    expect(open(join(folder, 'none'), { ...target, heldOutEpisodes: '125' }).limits.target).toBe(0.97);
    expect(() => open(join(folder, 'none'), { target: '1' })).toThrow('no number would do');
  });
});

describe('a folder', () => {
  it('that holds something else is refused', () => {
    const out = join(folder, 'other');
    mkdirSync(out);
    writeFileSync(join(out, 'thesis.tex'), '');
    expect(() => open(out)).toThrow('holds something that is no loop (thesis.tex)');
  });

  it('with a loop goes on, with the content it began with and new limits', async () => {
    const out = join(folder, 'loop');
    mkdirSync(out);
    const state = open(out, { scenarios: 'one-brick', seed: '3', rounds: '2' }, ['policy=act']);
    await runLoop(state, fakeHost(new FakeStages()).host);
    expect(state.ending?.reason).toBe('rounds');
    await writeState(join(out, STATE_FILE), state);
    expect(readState(join(out, STATE_FILE))).toEqual(JSON.parse(JSON.stringify(state)));
    expect(open(out).ending?.reason).toBe('rounds');
    expect(open(out, { seed: '3', rounds: '2' }, ['policy=act']).ending?.reason).toBe('rounds');
    const more = open(out, { rounds: '4' });
    expect(more).toMatchObject({ ending: null, content: { seed: 3, overrides: ['policy=act'] } });
    expect(() => open(out, { seed: '4', steps: '7' })).toThrow(
      /2 faults.*seed was 3.*now 4.*steps was 4000/s,
    );
    expect(() => open(out, {}, ['policy=act_small'])).toThrow('overrides was ["policy=act"]');
  });

  it('with a damaged state is opened from its copy', async () => {
    const out = join(folder, 'copied');
    mkdirSync(out);
    const state = newState();
    await runLoop(state, fakeHost(new FakeStages()).host);
    const path = join(out, STATE_FILE);
    await writeState(path, state);
    const undamaged = open(out);
    const text = readFileSync(path, 'utf8');
    for (const damaged of [
      text.slice(0, 900),
      text.replace('"frames"', '"framez"'),
      text.replace('"sum"', '"sun"'),
      '',
    ]) {
      writeFileSync(path, damaged);
      expect(open(out)).toEqual({ ...undamaged, madeWith: expect.anything() });
    }
  });

  it('with a state that is damaged in both files is refused by the place of the damage', async () => {
    const out = join(folder, 'damaged');
    mkdirSync(out);
    const state = newState();
    await runLoop(state, fakeHost(new FakeStages()).host);
    const path = join(out, STATE_FILE);
    await writeState(path, state);
    const sealed = readFileSync(path, 'utf8');
    // As written before there were checksums.
    const text = `${JSON.stringify(state, null, 1)}\n`;
    const writeBoth = (damaged: string): void => {
      for (const file of [path, copyOf(path)]) writeFileSync(file, damaged);
    };
    writeBoth(text);
    expect(open(out).ending?.reason).toBe(state.ending?.reason);
    writeBoth(text.slice(0, 900));
    expect(() => open(out)).toThrow('is no JSON');
    writeBoth(sealed.replace('"frames"', '"framez"'));
    expect(() => open(out)).toThrow('checksum does not match');
    writeBoth(text.replace('"begun"', '"gone"').replace('"elapsedS"', '"elapsed"'));
    expect(() => open(out)).toThrow('elapsedS');
    writeBoth(text.replace('"frames"', '"pictures"'));
    expect(() => open(out)).toThrow('facts of stage 00/fresh are damaged');
  });

  it('of a killed loop says how long it had lasted', async () => {
    const out = join(folder, 'killed');
    mkdirSync(out);
    const state = newState();
    state.elapsedS = 5;
    state.stages.push({
      request: { kind: 'fresh', id: '00/fresh', round: 0, out: 'x', episodes: 1, seed: 0 },
      ...{ status: 'begun', spans: [{ fromS: 4, toS: null }], cpuS: null, idleS: null, beside: false },
      ...{ facts: null, message: null },
    });
    await writeState(join(out, STATE_FILE), state);
    beat(out, 65);
    const again = open(out);
    expect(again.elapsedS).toBe(65);
    expect(again.stages[0].spans).toEqual([{ fromS: 4, toS: 65 }]);
  });
});
