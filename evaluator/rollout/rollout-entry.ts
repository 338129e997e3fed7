/** The process that rollout-process.ts starts. */
import { assertOpenFiles } from '../../runtime/resource-limits.ts';
import { serveProcess } from '../../runtime/serve-process.ts';
import { useTask } from '../../scenarios/use-task.ts';
import { Interrupted } from '../../sim/errors.ts';
import { rollOut, rolloutOrderSchema } from './roll-out.ts';

await serveProcess(rolloutOrderSchema, async ({ task, ...options }, ports) => {
  await useTask(task, '/');
  assertOpenFiles();
  const result = await rollOut(options, ports);
  if (result.kind === 'interrupted')
    throw new Interrupted('the rollout was stopped; the same command goes on');
  return result.summaries;
});
