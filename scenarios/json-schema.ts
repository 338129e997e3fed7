/** The JSON Schema that lets editors complete and check scenario files. */
import { z } from 'zod';
import { scenarioSchema } from './schema.ts';
import { scenariosOfTask, taskNames } from './tasks.ts';

/** Text of scenario.schema.json, as it is committed: a file of any task in sim/tasks. */
export function scenarioJsonSchema(): string {
  const schemas = taskNames().map((name) => scenarioSchema(scenariosOfTask(name)));
  const schema = z.toJSONSchema(schemas.length === 1 ? schemas[0] : z.union(schemas), { io: 'input' });
  const named = { title: 'brickyard scenario', ...schema };
  return `${JSON.stringify(named, null, 2)}\n`;
}
