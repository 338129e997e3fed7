/** What must hold of the objects of a run at every moment, whoever was killed where. */
import { createHash } from 'node:crypto';
import { nameInManifestPath, parseManifest } from '../../trainer/launch/storage/checkpoint-manifest.ts';

export interface CheckpointsSeen {
  /** By step, rising. */
  steps: number[];
  /** What a reader that trusts manifests would have met: none may ever be there. */
  partial: string[];
}

/** @param prefix of the run, ending in a slash */
export function checkpointsIn(
  objects: ReadonlyMap<string, { bytes: Buffer }>,
  prefix: string,
): CheckpointsSeen {
  const steps: number[] = [];
  const partial: string[] = [];
  for (const [name, { bytes }] of objects) {
    const path = name.slice(prefix.length);
    if (!name.startsWith(prefix) || nameInManifestPath(path) === undefined) continue;
    const { step, files } = parseManifest(bytes.toString('utf8'), path);
    const folder = name.slice(0, name.lastIndexOf('/') + 1);
    for (const file of files) {
      const there = objects.get(`${folder}${file.path}`)?.bytes;
      if (!there || createHash('sha256').update(there).digest('hex') !== file.sha256)
        partial.push(`${folder}${file.path}`);
    }
    steps.push(step);
  }
  return { steps: steps.sort((a, b) => a - b), partial };
}
