import { describe, expect, test } from 'vitest';
import { type InventoryHost, takeInventory } from '../../generator/doctor/inventory.ts';
import type { Machine } from '../../generator/doctor/machine.ts';
import { describeMachine } from '../../generator/doctor/machine.ts';
import { doctorText, type Findings, summarize } from '../../generator/doctor/report.ts';

const MACHINE: Machine = {
  cpu: 'Some CPU',
  cores: 8,
  memoryBytes: 16e9,
  memoryFreeBytes: 12e9,
  diskFreeBytes: 100e9,
  folder: '/home/ann',
};

const STACK = {
  backend: 'gl-egl',
  glVendor: 'Mesa',
  glRenderer: 'llvmpipe',
  glVersion: '3',
  browser: 'Chromium 1',
  codec: 'h264',
} as const;

const GOOD: Findings = {
  components: [
    { name: 'node', version: '24.1.0', needed: true, remedy: 'x' },
    { name: 'chromium', version: 'Chromium 156', needed: true, remedy: 'install chromium' },
    { name: 'python', version: undefined, needed: false, remedy: 'make python' },
  ],
  machine: MACHINE,
  backend: { stack: STACK, framesPerS: 900, rejected: [] },
  forecast: { frames: 400_000, bytes: 1.2e9, wall_s: 430 },
};

describe('the report', () => {
  test('is good where gen can run, and names what only others need', () => {
    const summary = summarize(GOOD);
    expect(summary.ok).toBe(true);
    expect(summary.problems).toEqual([]);
    expect(summary.notes).toEqual(['python is not here, gen does without: make python']);
    expect(summary.forecast).toEqual({ episodes: 1000, frames: 400_000, bytes: 1.2e9, wall_s: 430 });
    expect(doctorText(GOOD)).toContain('1,000 episodes  about 7 min 10 s, 400,000 frames, 1.2 GB');
  });

  test('names each missing need with its remedy, and not its consequence too', () => {
    const components = GOOD.components.map((one) =>
      one.name === 'chromium' ? { ...one, version: undefined } : one,
    );
    const summary = summarize({
      ...GOOD,
      components,
      backend: { error: 'no browser found' },
      forecast: undefined,
    });
    expect(summary.ok).toBe(false);
    expect(summary.problems).toEqual(['chromium is missing: install chromium']);
    expect(summary.components[1]).toEqual({
      name: 'chromium',
      version: null,
      needed: true,
      remedy: 'install chromium',
    });
  });

  test('says why nothing draws', () => {
    const summary = summarize({ ...GOOD, backend: { error: 'no GL backend draws' }, forecast: undefined });
    expect(summary.problems).toEqual(['no GL backend draws']);
    expect(summary.backend).toBeNull();
  });

  test('sees a disk that is too small and memory for fewer workers', () => {
    const machine = { ...MACHINE, diskFreeBytes: 1e9, memoryFreeBytes: 3e9 };
    const { problems, notes } = summarize({ ...GOOD, machine });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^1\.0 GB are free in \/home\/ann, 1000 episodes need 1\.2 GB/);
    expect(notes).toContain('the free memory is enough for 4 of the 8 default workers: use --workers 4');
  });
});

describe('the inventory', () => {
  const host = (answers: Record<string, string>): InventoryHost => ({
    ask: async (command) => answers[command],
    env: { FFMPEG_PATH: '/opt/ffmpeg', BRICKYARD_PYTHON: '/cache/python' },
    nodeVersion: '24.1.0',
    findChromium: async () => '/usr/bin/chromium',
  });

  test('asks the programs that the commands would use', async () => {
    const answers = {
      '/usr/bin/chromium': 'Chromium 156',
      '/opt/ffmpeg': 'ffmpeg 7',
      '/cache/python': '3.11',
    };
    const found = await takeInventory(host(answers));
    const versions = Object.fromEntries(found.map(({ name, version }) => [name, version]));
    expect(versions).toEqual({
      node: '24.1.0',
      npm: undefined,
      chromium: 'Chromium 156',
      ffmpeg: 'ffmpeg 7',
      python: '3.11',
      uv: undefined,
    });
    expect(found.filter(({ needed }) => needed).map(({ name }) => name)).toEqual([
      'node',
      'chromium',
      'ffmpeg',
    ]);
  });

  test('goes on without a browser', async () => {
    const without = { ...host({}), findChromium: () => Promise.reject(new Error('none')) };
    const found = await takeInventory(without);
    expect(found.find(({ name }) => name === 'chromium')?.version).toBeUndefined();
  });
});

test('the machine is described for a folder that does not exist yet', () => {
  const machine = describeMachine('/no/such/folder');
  expect(machine.folder).toBe('/');
  expect(machine.cores).toBeGreaterThan(0);
  expect(machine.diskFreeBytes).toBeGreaterThan(0);
  expect(machine.memoryFreeBytes).toBeLessThanOrEqual(machine.memoryBytes);
});
