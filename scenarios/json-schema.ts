/** The JSON Schema that lets editors complete and check scenario files. */
import { z } from 'zod';
import { scenarioSchema } from './schema.ts';

/** Text of scenario.schema.json, as it is committed. */
export function scenarioJsonSchema(): string {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input' });
  const named = { title: 'brickyard scenario', ...schema };
  return `${JSON.stringify(named, null, 2)}\n`;
}
