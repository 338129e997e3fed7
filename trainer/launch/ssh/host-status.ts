/** Reads what the host's agent wrote (trainer/brickyard_trainer/remote/status_file.py). */
import { z } from 'zod';
import { failureSchema } from '../../../runtime/failure.ts';
import { HostError, type HostStatus } from '../remote/ports.ts';

const count = z.number().int().nonnegative();

const statusSchema = z.object({
  runId: z.string(),
  attempt: count,
  sequence: count,
  state: z.enum(['setting-up', 'training', 'ended']),
  exitCode: z.number().int().nullable(),
  failure: failureSchema.nullish(),
  step: count,
  steps: count.nullable(),
  loss: z.number().nullable(),
  steppedAtMs: z.number().nullable(),
  writtenAtMs: z.number(),
  publishedStep: count.nullable(),
  gpuMemoryBytes: z.number().nullable(),
  uploadFault: z.string().nullable(),
});

/** What SIGKILL leaves: an agent that died so took its trainer with it, with a checkpoint. */
const KILLED = 137;

/**
 * @param answer of STATUS: `none`, or the file and a line `alive` or `dead`
 * @throws HostError for a file that is none of this version
 */
export function parseStatus(answer: string): HostStatus | null {
  const text = answer.trimEnd();
  if (text === 'none' || text === '') return null;
  const cut = text.lastIndexOf('\n');
  const status = statusOf(text.slice(0, cut));
  if (text.slice(cut + 1) === 'alive' || status.state === 'ended') return status;
  return { ...status, state: 'ended', exitCode: KILLED };
}

function statusOf(text: string): HostStatus {
  try {
    return statusSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new HostError(
      'setup-failed',
      `the host's status.json is none: ${(error as Error).message.slice(0, 300)}`,
    );
  }
}
