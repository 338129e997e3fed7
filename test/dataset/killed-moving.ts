import { join } from 'node:path';
import { Disk } from '../../runtime/disk.ts';

/** Fails like a kill before the n-th move of a file into the dataset itself. */
export class KilledMoving extends Disk {
  #left: number;
  readonly #out: string;

  constructor(out: string, moves: number) {
    super();
    this.#out = out;
    this.#left = moves;
  }

  override async move(from: string, to: string): Promise<void> {
    if (!to.startsWith(join(this.#out, '.brickyard')) && this.#left-- <= 0) throw new Error('killed');
    await super.move(from, to);
  }
}
