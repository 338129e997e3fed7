/** Temporary folders of a training, named after the process, so that what a killed one left goes at the next start. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../runtime/process-alive.ts';

export type ScratchKind = 'parity' | 'dry-run';

const NAME = /^brickyard-(?:parity|dry-run)-(\d+)-/;

/** A new folder; those of processes that are no more are removed first. */
export async function makeScratch(kind: ScratchKind, parent = tmpdir()): Promise<string> {
  for (const name of readdirSync(parent)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid))
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
  return mkdtemp(join(parent, `brickyard-${kind}-${process.pid}-`));
}
