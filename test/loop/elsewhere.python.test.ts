/**
 * A loop whose trainings run on another machine: a real sshd on loopback, real trainings by way of the agent. The loop is
 * killed while the first one trains there and goes on from another folder.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LoopState, readState } from '../../loop/state.ts';
import type { LoopSummary } from '../../loop/summary.ts';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { startCommand, until } from '../generator/gen-process.ts';
import { testPython } from '../python.ts';
import { endAgents } from '../trainer-ssh/end-agents.ts';
import { LoopbackSshd } from '../trainer-ssh/loopback-sshd.ts';

const TINY = [
  ...['--scenarios', 'one-brick', '--size', '96x64', '--rounds', '2', '--json', '--mode', 'expert'],
  ...['--first-episodes', '3', '--episodes', '2', '--corrections', '0', '--held-out-episodes', '2'],
  ...['--first-steps', '20', '--steps', '10', '--final-episodes', '0'],
  ...['training.batch_size=4', 'training.log_every=5', 'checkpoint.every_steps=10'],
];

let folder: string;
let sshd: LoopbackSshd;
beforeAll(async () => {
  const python = testPython();
  folder = mkdtempSync(join(tmpdir(), 'brickyard-elsewhere-'));
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  sshd = await LoopbackSshd.start();
  const { user, port, keyFile } = sshd;
  const host = `host: 127.0.0.1, port: ${port}, user: ${user}, key_file: ${keyFile}, host_key: "${sshd.hostKey()}"`;
  mkdirSync(join(folder, 'yard'));
  mkdirSync(join(folder, 'other'));
  writeFileSync(
    join(folder, 'yard/train.remote.yaml'),
    `out: ${join(folder, 'store')}\nlimits: { poll_s: 1, max_hours: 1 }\nenvironment: { python: ${python} }\nssh: { ${host}, folder: ${join(folder, 'host')} }\n`,
  );
});
afterAll(async () => {
  endAgents(join(folder, 'host'));
  await sshd?.close();
  rmSync(folder, { recursive: true, force: true });
});

const namesIn = (path: string): string[] =>
  existsSync(join(folder, path)) ? readdirSync(join(folder, path)) : [];
const state = (): LoopState | undefined => readState(join(folder, 'yard/loop/state.json'));

it('goes on with a training there after a kill -9, from another folder, and brings its policies home', {
  timeout: 900_000,
}, async () => {
  const loop = ['loop', '--out', join(folder, 'yard/loop'), ...TINY];
  const killed = startCommand([...loop, '--provider', 'ssh'], join(folder, 'yard'));
  const trains = (): boolean =>
    namesIn('host/runs').some((run) => existsSync(join(folder, 'host/runs', run, 'trainer.pid')));
  await until(trains, 'the first training', 300);
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(state()!.stages.find(({ request }) => request.id === '00/train')?.status).toBe('begun');

  const ended = await startCommand(loop, join(folder, 'other')).ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).toContain('on another machine (ssh)');
  const { id } = state()!.madeWith;
  expect(namesIn('yard/runs').sort()).toEqual([`${id}-round-00`, `${id}-round-01`]);
  expect(namesIn('host/runs').sort()).toEqual([`${id}-round-00`, `${id}-round-01`]);
  expect(namesIn('other')).toEqual([]);
  const journal = readFileSync(join(folder, `yard/runs/${id}-round-00/supervisor/journal.jsonl`), 'utf8');
  expect(journal.match(/"type":"supervising"/g)).toHaveLength(2);

  const summary: LoopSummary = JSON.parse(ended.stdout.trim().split('\n').at(-1)!);
  expect(summary).toMatchObject({ rounds: 2, stopped: 'rounds', best: { episodes: 2 } });
  const { contract } = await loadPolicy(summary.policy!);
  expect(contract.parity.onnxruntime_node.end_to_end).toBeLessThanOrEqual(1e-3);
  const trainings = state()!.stages.flatMap(({ request, facts }) =>
    request.kind === 'train' ? [facts] : [],
  );
  expect(trainings).toMatchObject([{ steps: 20 }, { steps: 10 }]);
  const plan = JSON.parse(readFileSync(join(folder, `yard/runs/${id}-round-01/plan.json`), 'utf8'));
  expect(plan.initFrom).toContain('loop/rounds/00/run/checkpoints/');
});
