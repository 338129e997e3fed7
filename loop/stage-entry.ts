/** The process of a stage, which stage-processes.ts starts. */
import { serveTask } from '../runtime/serve-task.ts';
import { useTask } from '../scenarios/use-task.ts';
import { stageTaskSchema, workOn } from './stage-work.ts';

await serveTask(stageTaskSchema, async (task, ports) => {
  await useTask(task.task, '/');
  return workOn(task, ports);
});
