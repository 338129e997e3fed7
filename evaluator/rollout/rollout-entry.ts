/** The process that rollout-process.ts starts. */
import { assertOpenFiles } from '../../runtime/resource-limits.ts';
import { serveTask } from '../../runtime/task-entry.ts';
import { Interrupted } from '../../sim/errors.ts';
import { rollOut, rollOutOptionsSchema } from './roll-out.ts';

await serveTask(rollOutOptionsSchema, async (options, ports) => {
  assertOpenFiles();
  const result = await rollOut(options, ports);
  if (result.kind === 'interrupted')
    throw new Interrupted('the rollout was stopped; the same command goes on');
  return result.summaries;
});
