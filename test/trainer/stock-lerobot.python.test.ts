/** lerobot's own command with our policy installed as a plugin, and what it leaves exported: trainer/checks/stock_lerobot.py. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPolicy } from '../../evaluator/policy/policy-folder.ts';
import { DatasetWriter } from '../../generator/dataset/writer.ts';
import { ensureUv } from '../../scripts/setup/python.mjs';
import { patternedVideo } from '../dataset/patterned-video.ts';
import { FPS, madeUpRecord, RUN, SPEC } from '../dataset/records.ts';

const TRAINER = join(import.meta.dirname, '../../trainer');
const EPISODES = 20;
const FRAMES = 6;
const SIZE = { widthPx: 320, heightPx: 240 };
const python = process.env.BRICKYARD_PYTHON;

let folder: string;
beforeAll(() => {
  if (!python || !existsSync(python))
    throw new Error(
      'this test needs Python with lerobot: run it by `npm test`, or set BRICKYARD_PYTHON to it',
    );
  folder = mkdtempSync(join(tmpdir(), 'brickyard-stock-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): string {
  const done = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1', ...env },
    maxBuffer: 1 << 26,
  });
  expect(done.status, `${args.join(' ')}\n${done.stdout.slice(-500)}\n${done.stderr.slice(-3000)}`).toBe(0);
  return done.stdout;
}

/** What `pip install trainer/` installs, in a folder of its own; built from a copy, as building writes beside the source. */
async function installPlugin(): Promise<string> {
  const source = join(folder, 'source');
  for (const name of ['pyproject.toml', 'lerobot_policy_act_small', 'brickyard_trainer'])
    cpSync(join(TRAINER, name), join(source, name), { recursive: true });
  const site = join(folder, 'site');
  const args = ['pip', 'install', '--quiet', '--no-deps', '--python', python!, '--target', site, source];
  run(await ensureUv(), args);
  return site;
}

async function writeDataset(out: string): Promise<void> {
  const writer = await DatasetWriter.open({ out, spec: { ...SPEC, ...SIZE } });
  const records = Array.from({ length: EPISODES }, (_, episode) =>
    madeUpRecord({
      episode,
      frames: FRAMES,
      video: patternedVideo({ episode, frames: FRAMES, fps: FPS, ...SIZE }),
    }),
  );
  await writer.writeShard(
    0,
    records.map((record) => () => record),
  );
  await writer.publish({ run: RUN });
}

it('lerobot-train finds the plugin, and its checkpoints export, with one camera or two', async () => {
  const [ours, foreign, work] = ['dataset', 'foreign', 'work'].map((name) => join(folder, name));
  mkdirSync(work!);
  const site = await installPlugin();
  await writeDataset(ours!);
  run(python!, [join(TRAINER, 'checks/record_foreign.py'), foreign!, 'h264', 'front', 'wrist']);
  const stdout = run(python!, [join(TRAINER, 'checks/stock_lerobot.py'), ours!, foreign!, work!], {
    PYTHONPATH: site,
  });
  expect(stdout.trim().split('\n').at(-1)).toBe('{"faults": []}');
  const { contract } = await loadPolicy(join(work!, 'act-foreign-policy'));
  expect(contract.inputs.images).toHaveLength(2);
  expect(contract.dataset.made_by_brickyard).toBe(false);
});
