/**
 * What is looked at before the first episode: the folder's files, the graph, what the simulator has for it, the golden
 * pairs on this runtime, and golden frames simulated and drawn again here.
 */

import { checkGoldenFrames, type GoldenFramesVerdict } from '../policy/golden-frames.ts';
import { checkGoldenPairs, type GoldenPairsVerdict } from '../policy/golden-pairs.ts';
import { loadPolicy, type PolicyFolder } from '../policy/policy-folder.ts';
import { PolicySession } from '../policy/session.ts';
import { type SimulatorSettings, simulatorSettings } from '../policy/simulator-fit.ts';
import type { RenderingStack } from '../render/draw-request.ts';
import type { RendererOptions } from '../render/renderer.ts';
import { openRenderer } from '../render/renderer.ts';
import type { AnyTask } from '../sim/engine/task.ts';
import { defaultTask } from '../sim/tasks/default-task.ts';

export interface Preflight {
  policy: PolicyFolder;
  settings: SimulatorSettings;
  pairs: GoldenPairsVerdict;
  frames: GoldenFramesVerdict;
  /** The stack that draws here. */
  stack: RenderingStack;
}

/**
 * @param options the task that it is to drive in, the default one when left out; `throughCodec`: golden frames go
 * through the codec, as those of the rollouts will
 * @throws InputError saying what differs by how much
 */
export async function checkPolicy(
  folder: string,
  backend: RendererOptions['backend'],
  { throughCodec = false, task = defaultTask }: { throughCodec?: boolean; task?: AnyTask } = {},
): Promise<Preflight> {
  const policy = await loadPolicy(folder);
  const settings = simulatorSettings(policy, task);
  const session = await PolicySession.open(policy);
  try {
    const pairs = await checkGoldenPairs(session, policy);
    const renderer = await openRenderer({ backend });
    try {
      const frames = await checkGoldenFrames(policy, {
        egoRgb: renderer.egoRgb.bind(renderer),
        codedRgb: renderer.codedRgb.bind(renderer),
        coded: throughCodec ? 'all' : 'those that differ',
      });
      return { policy, settings, pairs, frames, stack: renderer.stack };
    } finally {
      await renderer.close();
    }
  } finally {
    await session.close();
  }
}
