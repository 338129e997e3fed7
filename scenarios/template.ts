/** The text of a new scenario file: one that comes with a task under a new name, and what else could be said. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { scenarioPath } from './catalogue.ts';
import type { Scenario } from './schema.ts';
import { scenariosOfTask } from './tasks.ts';

/** The text for a file at `path`, made from the scenario `from`. */
export function scenarioTemplate(name: string, from: Scenario, path: string): string {
  const text = readFileSync(scenarioPath(from), 'utf8');
  const file = join(import.meta.dirname, 'scenario.schema.json');
  const schema = relative(dirname(path), file).split(sep).join('/');
  return (
    text
      .replace(/\$schema=\S+/, `$schema=${schema}`)
      .replace(/^name: .*$/m, `name: ${name}`)
      .replace(/^title: .*$/m, `title: ${name}, made from ${from.name}`) +
    scenariosOfTask(from.task_name).template.otherKeys
  );
}
