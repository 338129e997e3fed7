/** What stands in an --out folder, and what may be begun there. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { workFolder } from '../dataset/staging.ts';
import type { Disk } from '../runtime/disk.ts';
import { copyOf, readTwin, twinFiles } from '../runtime/twin-file.ts';
import type { Scenario } from '../scenarios/schema.ts';
import { InputError } from '../sim/errors.ts';
import type { DaggerRecord } from './modes/dagger-record.ts';
import { MODE_OPTION_NAMES } from './modes/options.ts';
import type { ContentSettings } from './settings.ts';

/** What a run began with: OUT/.brickyard/run.json. Enough to go on without the user's scenario files. */
export interface RunRecord {
  format: 1;
  /** The command line, as typed. */
  command: string;
  content: ContentSettings;
  shares: { name: string; weight: number; hash: string; scenario: Scenario }[];
  /** Of a run in --mode dagger. */
  dagger?: DaggerRecord;
  packageVersion: string;
  codeVersion: string;
  /** Present when the run adds to a finished dataset. */
  append?: { episodes: number; firstSlots: Record<string, number> };
}

export type FolderState =
  | { kind: 'empty' }
  | { kind: 'unfinished'; record: RunRecord }
  /** A finished dataset. */
  | { kind: 'dataset' };

/** Where a run's record lies while it is unfinished. */
export const runFile = (out: string): string => join(workFolder(out), 'run.json');

/** Whether a run was begun there and has not ended. */
export const isBegun = (out: string): boolean =>
  [runFile(out), copyOf(runFile(out))].some((path) => existsSync(path));

/** Written twice: nothing else says what was asked for. */
export async function writeRunRecord(out: string, record: RunRecord, disk: Disk): Promise<void> {
  for (const { path, text } of twinFiles(runFile(out), JSON.stringify(record)))
    await disk.writeWhole(path, text);
}

/** Looks without touching. Throws InputError when the folder holds something else. */
export function inspectFolder(out: string): FolderState {
  if (!existsSync(out)) return { kind: 'empty' };
  if (!statSync(out).isDirectory()) throw new InputError(`--out ${out} is a file; name a folder`);
  if (isBegun(out)) return { kind: 'unfinished', record: readRunRecord(out) };
  if (existsSync(join(out, 'meta', 'info.json'))) return { kind: 'dataset' };
  const names = readdirSync(out).filter((name) => !name.startsWith('.brickyard'));
  if (names.length === 0) return { kind: 'empty' };
  throw new InputError(
    `--out ${out} holds something that is no dataset (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}); name another folder`,
  );
}

function readRunRecord(out: string): RunRecord {
  const read = readTwin(runFile(out), (value) => {
    const record = value as RunRecord;
    if (Number.isInteger(record?.format) && record.content && Array.isArray(record.shares)) return record;
    throw new Error('it is not the record of a run');
  });
  if (read.kind !== 'found')
    throw new InputError(
      `--out ${out}: ${runFile(out)}, which says what its unfinished run makes, is damaged${read.kind === 'damaged' ? ` (${read.why})` : ''}; remove ${workFolder(out)} and begin the run again`,
    );
  const record = read.value;
  if (record.format !== 1)
    throw new InputError(
      `--out ${out}: its unfinished run is of format ${record.format}, this version reads 1; finish it with the version that began it`,
    );
  return record;
}

const OPTION_NAMES: Record<keyof ContentSettings, string> = {
  scenarios: '--scenarios',
  episodes: '--episodes',
  seed: '--seed',
  widthPx: '--size (width)',
  heightPx: '--size (height)',
  fps: '--fps',
  state: '--state',
  taskName: '--task',
  ...MODE_OPTION_NAMES,
};

/** How settings that a user gave differ from those that a run began with, one sentence each. */
export function contentDifferences(began: ContentSettings, given: Partial<ContentSettings>): string[] {
  return (Object.keys(OPTION_NAMES) as (keyof ContentSettings)[])
    .filter((key) => given[key] !== undefined && String(given[key]) !== String(began[key]))
    .map((key) => `${OPTION_NAMES[key]} was ${began[key]} when the run began, now ${given[key]}`);
}
