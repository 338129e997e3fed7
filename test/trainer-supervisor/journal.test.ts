import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError, NegativeResult } from '../../sim/errors.ts';
import {
  DiskJournal,
  readJournal,
  readState,
  readStatus,
  supervisorFolder,
  writeStatus,
} from '../../trainer/launch/supervisor/journal.ts';
import { SUPERVISOR_TIMING, type SupervisorPlan } from '../../trainer/launch/supervisor/plan.ts';
import { runStatus } from '../../trainer/launch/supervisor/status.ts';
import { newView } from '../../trainer/launch/supervisor/view.ts';

const PLAN: SupervisorPlan = {
  runId: 'r1',
  labels: { 'brickyard-run': 'r1' },
  publicKey: 'ssh-ed25519 AAAA',
  existing: null,
  existingAfterwards: 'stopped',
  rentElsewhere: false,
  maxHours: 4,
  maxCostUsd: 10,
  outputs: 'outputs',
  timing: SUPERVISOR_TIMING,
};
const OFFER = { zone: 'us-central1-a', type: 'a2', gpu: 'A100', gpus: 1, pricePerHourUsd: 2 };
const HOUR_MS = 3_600_000;

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'brickyard-journal-'));
});
afterEach(() => rmSync(run, { recursive: true, force: true }));

describe("a run's journal", () => {
  it('adds up to the same state after a restart, without a torn last line', () => {
    const journal = DiskJournal.begin(run, PLAN, 0);
    journal.append({ type: 'supervising', atMs: 1 });
    journal.append({ type: 'creating', name: 'm1', offer: OFFER, requestId: 'q', maxRunS: 60, atMs: 2 });
    journal.close();
    appendFileSync(join(supervisorFolder(run), 'journal.jsonl'), '{"type":"created","na');
    const again = DiskJournal.reopen(run);
    expect(again.lines.map(({ type }) => type)).toEqual(['planned', 'supervising', 'creating']);
    again.append({ type: 'created', name: 'm1', id: 'i', zone: OFFER.zone, atMs: 3 });
    again.close();
    expect(readState(run).machines.get('m1')).toMatchObject({ id: 'i', phase: 'made' });
  });

  it('with any byte of one of its two files damaged adds up to the same state', () => {
    const journal = DiskJournal.begin(run, PLAN, 0);
    journal.append({ type: 'supervising', atMs: 1 });
    journal.append({ type: 'creating', name: 'm1', offer: OFFER, requestId: 'q', maxRunS: 60, atMs: 2 });
    journal.append({ type: 'created', name: 'm1', id: 'i', zone: OFFER.zone, atMs: 3 });
    journal.close();
    const expected = JSON.stringify([...readState(run).machines]);
    for (const name of ['journal.jsonl', 'journal.copy.jsonl']) {
      const path = join(supervisorFolder(run), name);
      const bytes = readFileSync(path);
      for (let at = 0; at < bytes.length; at += 3) {
        const turned = Buffer.from(bytes);
        turned[at] ^= 1 << (at % 8);
        writeFileSync(path, turned);
        expect(JSON.stringify([...readState(run).machines]), `${name}, byte ${at}`).toBe(expected);
      }
      const again = DiskJournal.reopen(run);
      again.close();
      expect(readFileSync(path)).toEqual(bytes);
    }
    for (const name of ['journal.jsonl', 'journal.copy.jsonl']) {
      const path = join(supervisorFolder(run), name);
      writeFileSync(path, readFileSync(path, 'utf8').replace('"m1"', '"m2"'));
    }
    expect(() => readJournal(run)).toThrow(/journal\.jsonl, line 3 is damaged.*end its machines/);
  });

  it('refuses a second supervisor, a second beginning and a folder without one', () => {
    const journal = DiskJournal.begin(run, PLAN, 0);
    expect(() => DiskJournal.reopen(run)).toThrow(
      `run r1 is supervised by process ${process.pid} already: \`brickyard train status r1\` shows it, \`brickyard train stop r1\` ends it`,
    );
    journal.close();
    expect(() => DiskJournal.begin(run, PLAN, 0)).toThrow(InputError);
    expect(() => readJournal(join(run, 'elsewhere'))).toThrow('is no supervised run');
    DiskJournal.reopen(run).close();
  });

  it('says what to do where it cannot be written', () => {
    const journal = DiskJournal.begin(run, PLAN, 0);
    journal.close();
    expect(() => journal.append({ type: 'supervising', atMs: 1 })).toThrow(NegativeResult);
    expect(() => journal.append({ type: 'supervising', atMs: 1 })).toThrow('then `brickyard train resume`');
  });

  it('takes over from a supervisor that died', () => {
    DiskJournal.begin(run, PLAN, 0).close();
    writeFileSync(join(supervisorFolder(run), 'lock'), '999999999 12345');
    DiskJournal.reopen(run).close();
  });

  it('goes on with a run that had ended, under new caps and with its cost so far', () => {
    const journal = DiskJournal.begin(run, PLAN, 0);
    journal.append({ type: 'creating', name: 'm1', offer: OFFER, requestId: 'q', maxRunS: 60, atMs: 0 });
    journal.append({ type: 'ended-machine', name: 'm1', atMs: HOUR_MS });
    journal.append({ type: 'outcome', outcome: { kind: 'capped', reason: 'x' }, atMs: HOUR_MS });
    journal.append({ type: 'cleaned', left: [], atMs: HOUR_MS });
    const before = readState(run);
    expect(runStatus(before, newView({ next: () => 0 }), 2 * HOUR_MS)).toMatchObject({
      ...{ phase: 'ended', cleanUp: 'done', spentUsd: 2, usdPerHour: 0 },
    });
    journal.goOn({ ...PLAN, maxHours: 9 }, 5 * HOUR_MS);
    journal.close();
    const status = runStatus(readState(run), newView({ next: () => 0 }), 6 * HOUR_MS);
    expect(status).toMatchObject({ outcome: null, maxHours: 9, hours: 1, spentUsd: 2, cleanUp: 'not-begun' });
  });

  it('shows a status in full or the one before', () => {
    expect(readStatus(run)).toBeNull();
    const journal = DiskJournal.begin(run, PLAN, 0);
    journal.close();
    const status = runStatus(readState(run), newView({ next: () => 0 }), 0);
    writeStatus(run, status);
    expect(readStatus(run)).toEqual(status);
    expect(readFileSync(join(supervisorFolder(run), 'state.json'), 'utf8')).toMatch(/\n$/);
  });

  it('has no status while that is damaged', () => {
    const journal = DiskJournal.begin(run, PLAN, 0);
    journal.close();
    const path = join(supervisorFolder(run), 'state.json');
    writeFileSync(path, '{"phase":"training","sum":"0123456789abcdef"}');
    expect(readStatus(run)).toBeNull();
    writeFileSync(path, '{"phase":');
    expect(readStatus(run)).toBeNull();
    // From before there were checksums.
    writeFileSync(path, '{"phase":"training"}');
    expect(readStatus(run)).toEqual({ phase: 'training' });
  });
});
