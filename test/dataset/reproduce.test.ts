/** The command that makes an episode again, for scenarios of the user's own: what it names must be what was used. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatasetInfo } from '../../dataset/dataset-info.ts';
import type { EpisodeProvenance } from '../../dataset/episode-row.ts';
import { reproduceCommand } from '../../dataset/reproduce.ts';
import { resolveSelection, scenarioHash } from '../../scenarios/registry.ts';
import { RUN } from './records.ts';

const INFO = {
  fps: 10,
  features: { 'observation.images.ego': { shape: [120, 160, 3] }, 'observation.state': { shape: [4] } },
} as unknown as DatasetInfo;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-reproduce-'));
  mkdirSync(join(folder, 'my files'));
  const text = readFileSync(join(import.meta.dirname, '../../scenarios/one-brick.yaml'), 'utf8');
  const files = { 'own.yaml': 'own', 'other.yml': 'not-as-the-file', 'my files/third one.yaml': 'third' };
  for (const [file, name] of Object.entries(files))
    writeFileSync(join(folder, file), text.replace(/^name: .*/m, `name: ${name}`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  './own.yaml',
  'other.yml:2',
  './own.yaml, other.yml',
  'one-brick,./own.yaml:0.5,few,other.yml',
  'tag:wall,./other.yml,./own.yaml',
  './own.yaml,tag:wall,few,other.yml',
  'one-brick,my files/third one.yaml',
])('of every scenario of --scenarios %s', (scenarios) => {
  const selected = resolveSelection(scenarios, folder);
  const shares = selected.map(({ scenario, weight }) => ({
    name: scenario.name,
    weight,
    hash: scenarioHash(scenario),
  }));
  const run = { ...RUN, settings: { scenarios, shares } };
  for (const { name, hash } of shares) {
    const provenance = {
      ...{ key: `gen/7/${name}/3/0`, scenario: name, scenarioHash: hash, seed: 7, slot: 3, attempt: 0 },
    } as EpisodeProvenance;
    const command = reproduceCommand(INFO, provenance, [run]);
    const argument = /--scenarios (?:'([^']*)'|(\S+)) --seed 7 --episodes 4 --size 160x120 /.exec(command);
    const again = resolveSelection(argument?.[1] ?? argument?.[2] ?? command, folder);
    expect(again.map(({ scenario }) => scenarioHash(scenario))).toEqual([hash]);
  }
});
