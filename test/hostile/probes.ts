/** Reads of foreign files whose commands would start a browser first; each answers with a line, or throws. */

import { DatasetReader } from '../../dataset/reader.ts';
import { Journal } from '../../generator/journal.ts';
import { inspectFolder } from '../../generator/run-folder.ts';
import { readState } from '../../loop/state.ts';
import { checkGoldenPairs } from '../../policy/golden-pairs.ts';
import { loadPolicy } from '../../policy/policy-folder.ts';
import { PolicySession } from '../../policy/session.ts';
import { readResults } from '../../rollouts/results-file.ts';
import { readTrajectory } from '../../rollouts/trajectory-file.ts';
import { readRemoteSettings } from '../../trainer/launch/remote/settings-file.ts';

/** What `eval rollout` does with a policy before it opens a browser. */
async function policy(folder: string): Promise<string> {
  const loaded = await loadPolicy(folder);
  const session = await PolicySession.open(loaded);
  try {
    return `${(await checkGoldenPairs(session, loaded)).pairs} pairs`;
  } finally {
    await session.close();
  }
}

export const PROBES = {
  policy,
  journal: async (folder: string) => `${Journal.read(folder).kept.size} kept`,
  'run-folder': async (folder: string) => inspectFolder(folder).kind,
  results: async (path: string) => `${readResults(path).length} results`,
  trajectory: async (path: string) => `${readTrajectory(path).poses.length} numbers`,
  'loop-state': async (path: string) => `${readState(path)?.stages.length} stages`,
  'remote-settings': async (path: string) => JSON.stringify(Object.keys(readRemoteSettings(path, '/'))),
  dataset: async (root: string) => `${(await DatasetReader.open(root)).info.total_episodes} episodes`,
} as const;
export type Probe = keyof typeof PROBES;
