/** Where everything lies on a host; trainer/brickyard_trainer/remote/run_paths.py is the other half. */
import { posix } from 'node:path';

export interface RemoteLayout {
  root: string;
  run: string;
  job: string;
  secrets: string;
  log: string;
  guard: string;
  acceleratorConfig: string;
  code(hash: string): string;
  dataset(key: string): string;
}

/** @param root absolute, as the host says it */
export function remoteLayout(root: string, runId: string): RemoteLayout {
  const run = posix.join(root, 'runs', runId);
  return {
    root,
    run,
    job: posix.join(run, 'job.json'),
    secrets: posix.join(run, 'secrets.json'),
    log: posix.join(run, 'train.log'),
    guard: posix.join(root, 'guard'),
    acceleratorConfig: posix.join(run, 'accelerate.yaml'),
    code: (hash) => posix.join(root, 'code', hash.slice(0, 12)),
    dataset: (key) => posix.join(root, 'datasets', key.slice(0, 16)),
  };
}
