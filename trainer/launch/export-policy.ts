/** `brickyard export`: a checkpoint as a policy folder, compared with PyTorch in Python's onnxruntime and in ours. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { DatasetReader } from '../../dataset/reader.ts';
import { Disk } from '../../runtime/disk.ts';
import type { Failure } from '../../runtime/failure.ts';
import { INTERRUPTED_EXIT_CODE, listenForInterrupts } from '../../runtime/interrupt.ts';
import { unreported } from '../../runtime/own-process.ts';
import { makePrivateFolder } from '../../runtime/private-folder.ts';
import { InputError } from '../../sim/errors.ts';
import { type ParityFigures, verifyPolicy } from './node-parity.ts';
import { pretrainedModel } from './pretrained-model.ts';
import type { TrainingProvider } from './provider.ts';

export const EXPORT_DEFAULTS = { precision: 'float32', frames: 200 } as const;
export const PRECISIONS = ['float32', 'float16'] as const;

export interface ExportOptions {
  provider: TrainingProvider;
  /** A pretrained_model folder, the checkpoint around it, or a run. */
  checkpoint: string;
  dataset: string;
  out: string;
  precision: string;
  frames: number;
  command: string;
  say(line: string): void;
}

export type ExportResult =
  /** With the figures of this runtime. */
  | { kind: 'done'; parity: ParityFigures }
  /** With the exit code of export.py, which has said why. */
  | { kind: 'failed'; code: number; failure: Failure };

export async function exportPolicy(options: ExportOptions): Promise<ExportResult> {
  const { provider, dataset, out, precision, frames, command, say } = options;
  const checkpoint = pretrainedModel(options.checkpoint);
  await DatasetReader.open(dataset);
  if (existsSync(out)) throw new InputError(`${out} exists; name another folder or remove it`);
  const disk = new Disk();
  // Beside its place, so that a policy that fails here never stands under its name.
  const temporary = disk.temporaryName(out);
  const dumps = makePrivateFolder('parity');
  const args = ['--checkpoint', checkpoint, '--dataset', dataset, '--out', temporary, '--command', command];
  let failure: Failure | undefined;
  const job = provider.start({
    program: 'export.py',
    args: [...args, '--precision', precision, '--frames', String(frames)],
    env: { BRICKYARD_PARITY_DUMP: dumps },
    onEvent: (event) => {
      if (event.event === 'failure') failure ??= { kind: event.kind, message: event.message };
    },
    onOutput: () => {},
    onText: say,
  });
  const stop = (): void => job.kill();
  const interrupt = listenForInterrupts({ onFirst: stop, onSecond: stop });
  try {
    const code = await job.finished;
    if (interrupt.stop.aborted)
      return {
        ...{ kind: 'failed', code: INTERRUPTED_EXIT_CODE },
        failure: { kind: 'interrupted', message: 'it was stopped' },
      };
    if (code !== 0) return { kind: 'failed', code, failure: failure ?? unreported(code, '') };
    const figures = await verifyPolicy(temporary, dumps);
    await disk.move(temporary, out);
    return { kind: 'done', parity: figures! };
  } finally {
    interrupt.release();
    job.kill();
    await Promise.all([disk.remove(temporary), rm(dumps, { recursive: true, force: true })]);
  }
}
