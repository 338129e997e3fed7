/**
 * Processes that race for one run lock, round after round: over the lock of a holder that died, over none, and over one
 * whose holder is killed while it has it. Used by a test and by scripts/lock-races.ts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownIdentity } from '../../runtime/lock-identity.ts';
import type { RacerOrder, RacerReply } from './lock-racer.ts';

const RACER = join(import.meta.dirname, 'lock-racer.ts');
/** Until the start, so that the order has reached all. */
const LEAD_MS = 5;
/** Its holder gets a SIGKILL: the next round begins over a lock that nobody gave back. */
const KILL_EVERY = 10;

export interface RaceFigures {
  rounds: number;
  /** Rounds by how many held the lock at once; all of them under 1, when it works. */
  byHolders: Record<number, number>;
  kills: number;
  /** Of those that did not get it. */
  refusals: number;
}

export async function raceForLock(processes: number, rounds: number): Promise<RaceFigures> {
  const home = mkdtempSync(join(tmpdir(), 'brickyard-race-'));
  const racers = await Promise.all(Array.from({ length: processes }, startRacer));
  const figures: RaceFigures = { rounds, byHolders: {}, kills: 0, refusals: 0 };
  try {
    let folder = '';
    let wasKilled = false;
    for (let round = 0; round < rounds; round++) {
      if (!wasKilled) folder = join(home, String(round));
      if (!wasKilled && round % 3 !== 0) leaveStaleLock(folder, round);
      const take: RacerOrder = { type: 'take', folder, atMs: Date.now() + LEAD_MS };
      const replies = await Promise.all(racers.map((racer) => ask(racer, take)));
      const holders = replies.flatMap(({ type }, index) => (type === 'held' ? [index] : []));
      figures.byHolders[holders.length] = (figures.byHolders[holders.length] ?? 0) + 1;
      figures.refusals += replies.length - holders.length;
      wasKilled = round % KILL_EVERY === 0;
      for (const index of holders) {
        if (!wasKilled) await ask(racers[index], { type: 'release' });
        else {
          racers[index].kill('SIGKILL');
          await once(racers[index], 'exit');
          racers[index] = await startRacer();
          figures.kills++;
        }
      }
    }
  } finally {
    for (const racer of racers) racer.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
  return figures;
}

async function startRacer(): Promise<ChildProcess> {
  const racer = fork(RACER, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await heardFrom(racer);
  return racer;
}

async function ask(racer: ChildProcess, order: RacerOrder): Promise<RacerReply> {
  const answer = heardFrom(racer);
  racer.send(order);
  return answer;
}

async function heardFrom(racer: ChildProcess): Promise<RacerReply> {
  const heard = new AbortController();
  const { signal } = heard;
  const events = ['message', 'exit'].map((name) => once(racer, name, { signal }));
  const [reply] = await Promise.race(events);
  heard.abort();
  await Promise.allSettled(events);
  if (typeof reply?.type !== 'string') throw new Error(`a racer ended with ${reply}`);
  return reply as RacerReply;
}

/** As a process leaves it that was killed; also what earlier versions wrote, and half of one. */
function leaveStaleLock(folder: string, round: number): void {
  mkdirSync(folder);
  const dead = JSON.stringify({ ...ownIdentity(), pid: 2 ** 22 + 1, start: '5' });
  const contents = [dead, `${2 ** 22 + 1} 12345`, dead.slice(0, 20), ''];
  writeFileSync(join(folder, 'lock'), contents[round % contents.length]);
}
