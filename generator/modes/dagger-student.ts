/** Who drives in `--mode dagger`: looked at before anything is made, and opened in each worker. */
import { createHash } from 'node:crypto';
import { chunkOptions } from '../../policy/action-chunks.ts';
import { type Network, OnnxPolicy } from '../../policy/onnx-policy.ts';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { PolicySession } from '../../policy/session.ts';
import { simulatorSettings } from '../../policy/simulator-fit.ts';
import type { RenderSession } from '../../render/render-session.ts';
import { drawnView } from '../../rollouts/policy-view.ts';
import { checkPolicy } from '../../rollouts/preflight.ts';
import { resolveSubject } from '../../rollouts/subject.ts';
import type { AnyTask } from '../../sim/engine/task.ts';
import { InputError } from '../../sim/errors.ts';
import type { BackendChoice } from '../settings.ts';
import type { Student } from './dagger-drive.ts';

/** A policy that passed its checks, as a run remembers it. */
export interface StudentRecord {
  folder: string;
  /** Run and step, or the folder's name. */
  label: string;
  onnx_sha256: string;
  fps: number;
  /** One of the task's layouts. */
  state: string;
  /** Of the picture that it is given. */
  widthPx: number;
  heightPx: number;
  actionSteps: number;
  /** Coefficient with which its chunks are averaged, as trained; left out where it drives by whole chunks. */
  ensemble?: number;
}

/** A policy in its process, which keeps this one from ending until it is closed. */
export interface OpenedStudent {
  /** One for each drive. */
  next(): Student;
  close(): Promise<void>;
}

/**
 * What the policy's folder says, its files checked against it; nothing is run yet.
 * @param host `resolvePath` makes what the user wrote an absolute path; the task is the one that it drives in
 * @throws InputError saying what does not fit
 */
export async function readStudent(
  request: { checkpoint: string; actionSteps: number | undefined },
  { resolvePath, task }: { resolvePath: (path: string) => string; task: AnyTask },
): Promise<StudentRecord> {
  const subject = resolveSubject(request.checkpoint, resolvePath);
  if (subject.kind !== 'policy')
    throw new InputError(
      `--checkpoint ${request.checkpoint}: the student of --mode dagger is a policy; name a policy folder or a training run`,
    );
  const policy = await loadPolicy(subject.folder);
  const { folder, label } = subject;
  const chunks = chunkOptions(policy.contract, request, { label, remedy: 'leave --action-steps out' });
  return {
    folder,
    label,
    onnx_sha256: policy.contract.onnx.sha256,
    ...simulatorSettings(policy, task),
    ...chunks,
  };
}

/**
 * Runs all that `eval rollout` looks at before it drives: golden pairs, golden frames drawn again.
 * @throws InputError saying what differs by how much
 */
export async function proveStudent(
  { folder }: StudentRecord,
  { backend, task }: { backend: BackendChoice; task: AnyTask },
): Promise<void> {
  await checkPolicy(folder, backend, { task });
}

/**
 * Opens the student where it drives; it sees what that browser draws.
 * @throws InputError when the folder no longer holds the policy that the run began with
 */
export async function openStudent(record: StudentRecord, browser: RenderSession): Promise<OpenedStudent> {
  const policy = await loadPolicy(record.folder);
  const found = createHash('sha256').update(policy.onnx).digest('hex');
  if (found !== record.onnx_sha256)
    throw new InputError(
      `policy ${record.folder} is not the one that the run began with: sha256 ${found.slice(0, 12)}, was ${record.onnx_sha256.slice(0, 12)}; put it back, or start anew in another --out`,
    );
  let session = await PolicySession.open(policy);
  const { widthPx, heightPx, state, actionSteps, ensemble } = record;
  const network: Network = {
    contract: policy.contract,
    query: async (pictures, state) => {
      // A graph that ran over its limits in an earlier episode was ended.
      if (!session.isOpen) session = await PolicySession.open(policy);
      return session.query(pictures, state);
    },
  };
  const next = (): Student => ({
    policy: new OnnxPolicy(network, { actionSteps, ensemble }),
    state,
    view: drawnView(browser, { widthPx, heightPx }),
  });
  return { next, close: () => session.close() };
}
