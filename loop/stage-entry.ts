/** The process of a stage, which stage-processes.ts starts. */
import { serveProcess } from '../runtime/serve-process.ts';
import { useTask } from '../scenarios/use-task.ts';
import { stageOrderSchema, workOn } from './stage-work.ts';

await serveProcess(stageOrderSchema, async (order, ports) => {
  await useTask(order.task, '/');
  return workOn(order, ports);
});
