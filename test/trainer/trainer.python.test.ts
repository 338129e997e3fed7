/** The Python trainer, judged in Python by trainer/checks/*.py; one process pays once for importing lerobot. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { ensureUv } from '../../scripts/setup/python.mjs';
import { testPython } from '../python.ts';
import { CheckProcess, type CheckResult, TRAINER } from './check-process.ts';
import { writeDataset } from './made-up-dataset.ts';

/** Not the network's 96x64, so that it resizes. */
const LARGER = { widthPx: 128, heightPx: 96 };

/** A busy machine is no fault. */
vi.setConfig({ testTimeout: 600_000 });

let folder: string;
let checks: CheckProcess;
beforeAll(() => {
  testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-trainer-'));
  checks = new CheckProcess(folder);
});
afterAll(async () => {
  await checks?.close();
  rmSync(folder, { recursive: true, force: true });
});

function makeFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

/** For short runs of small networks; made once. */
async function runsDataset(): Promise<string> {
  const out = join(folder, 'runs');
  if (!existsSync(out))
    await writeDataset({ out, lengths: Array.from({ length: 20 }, (_, episode) => 20 + episode) });
  return out;
}

function expectNoFaults({ lastLine, stderr }: CheckResult): void {
  expect(lastLine, stderr.slice(-3000)).toBe('{"faults": []}');
}

it('resize, cache, batches, plugin and export agree with each other, and the policy folder loads', async () => {
  const [out, work] = [join(folder, 'data'), makeFolder('data-work')];
  await writeDataset({ out, lengths: [60, 45, 80, 50] });
  expectNoFaults(await checks.run({ script: 'training_data.py', args: [out, work] }));
  const { contract, golden } = await loadPolicy(join(work, 'policy'));
  expect(contract).toMatchObject({ type: 'act_small', chunk: 20, dataset: { made_by_brickyard: true } });
  expect(golden.pairs.length).toBeGreaterThan(0);
});

for (const [script, what] of [
  [
    'training_runs.py',
    'a training loses nothing: checkpoints, reports, hand-over, kill, interruption, resume',
  ],
  ['training_faults.py', 'a fault is one sentence and an exit code, and leaves whole what was there'],
  ['training_steps.py', 'cached features and added gradients come to the same losses'],
] as const)
  it(what, async () => {
    const work = makeFolder(script);
    expectNoFaults(await checks.run({ script, args: [await runsDataset(), work] }));
  });

it('keeps the memory that a step frees for the next one', async () => {
  expectNoFaults(await checks.run({ script: 'freed_memory.py', args: [] }));
});

it('lerobot-train finds the plugin, and its checkpoints export, with one camera or two', async () => {
  const [ours, foreign, work] = [join(folder, 'ours'), join(folder, 'foreign'), makeFolder('stock-work')];
  await writeDataset({ out: ours, lengths: Array(4).fill(25), size: LARGER });
  const recorded = await checks.run({
    script: 'record_foreign.py',
    args: [foreign, 'h264', 'front', 'wrist'],
  });
  expect(recorded.code, recorded.stderr).toBe(0);
  const paths = [await installedPlugin()];
  expectNoFaults(await checks.run({ script: 'stock_lerobot.py', args: [ours, foreign, work], paths }));
  const { contract } = await loadPolicy(join(work, 'act-foreign-policy'));
  expect(contract.inputs.images).toHaveLength(2);
  expect(contract.dataset.made_by_brickyard).toBe(false);
});

/** What `pip install trainer/` installs, in a folder of its own; built from a copy, as building writes beside the source. */
async function installedPlugin(): Promise<string> {
  const [source, site] = [join(folder, 'source'), join(folder, 'site')];
  for (const name of ['pyproject.toml', 'lerobot_policy_act_small', 'brickyard_trainer'])
    cpSync(join(TRAINER, name), join(source, name), { recursive: true });
  const args = ['pip', 'install', '--quiet', '--no-deps', '--python', testPython(), '--target', site, source];
  const done = spawnSync(await ensureUv(), args, { encoding: 'utf8' });
  expect(done.status, done.stderr).toBe(0);
  return site;
}
