/** From the text of a scenario file to a scenario, or one InputError that lists all that is wrong with it. */
import type { core } from 'zod';
import { InputError, throwFaults } from '../sim/errors.ts';
import { type Scenario, scenarioSchema } from './schema.ts';
import { explainIssue } from './schema-faults.ts';
import { readYaml } from './yaml-document.ts';

/**
 * @param subject what the text is called in messages, such as `scenario file my.yaml`.
 * @throws InputError naming each fault with its line, column and key.
 */
export function parseScenario(text: string, subject: string): Scenario {
  const document = readYaml(text, subject);
  if (document.value === null)
    throw new InputError(`${subject} is empty; begin with: brickyard scenario new NAME`);
  const result = scenarioSchema.safeParse(document.value);
  if (result.success) return result.data;
  const faults = result.error.issues
    .flatMap((issue) => explainIssue(scenarioSchema, issue as core.$ZodIssue, document.value))
    .map(({ path, key, message }) => {
      const name = pathName(key === undefined ? path : [...path, key]);
      return `${document.place(path, key)}: ${name === '' ? '' : `${name} `}${message}`;
    });
  throwFaults(subject, [...new Set(faults)]);
  throw new Error(`${subject} was refused without a reason`);
}

/** `bricks[0].where.near_wall`. */
function pathName(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
