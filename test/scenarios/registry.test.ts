/** Built-in files, selections and hashes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { scenarioJsonSchema } from '../../scenarios/json-schema.ts';
import { editDistance, nearest } from '../../scenarios/nearest.ts';
import { listScenarios, loadScenario, resolveSelection, scenarioHash } from '../../scenarios/registry.ts';
import { trialFault } from '../../scenarios/trial-draws.ts';

const FOLDER = join(import.meta.dirname, '../../scenarios');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'scenarios-'));
  const text = readFileSync(join(FOLDER, 'wall.yaml'), 'utf8');
  writeFileSync(join(folder, 'mine.yaml'), text.replace('name: wall', 'name: mine'));
  writeFileSync(join(folder, 'wall.yaml'), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

const names = (spec: string) =>
  resolveSelection(spec, folder).map(({ scenario, weight }) =>
    weight === 1 ? scenario.name : [scenario.name, weight],
  );
const fault = (spec: string) => {
  try {
    return JSON.stringify(names(spec));
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

describe('built-in files', () => {
  test('each is named like its scenario, points editors to the schema and has room for what it asks', () => {
    expect(listScenarios().map((scenario) => `${scenario.name}.yaml`)).toEqual(FILES.sort());
    for (const scenario of listScenarios()) {
      const text = readFileSync(join(FOLDER, `${scenario.name}.yaml`), 'utf8');
      expect(text.startsWith('# yaml-language-server: $schema=./scenario.schema.json\n'), scenario.name).toBe(
        true,
      );
      expect(trialFault(scenario)).toBe(null);
    }
  });

  test('the JSON Schema is the one that the code makes', () => {
    expect(readFileSync(join(FOLDER, 'scenario.schema.json'), 'utf8') === scenarioJsonSchema()).toBe(true);
  });

  test('the JSON Schema accepts every built-in file, and no misspelt key', () => {
    const schema = z.fromJSONSchema(JSON.parse(scenarioJsonSchema()));
    for (const file of FILES) {
      const content = parse(readFileSync(join(FOLDER, file), 'utf8'));
      expect(schema.safeParse(content).success, file).toBe(true);
      expect(schema.safeParse({ ...content, colours: 1 }).success).toBe(false);
    }
  });

  test('hashes depend on what is said, not on the order of keys, and differ', () => {
    const hashes = listScenarios().map(scenarioHash);
    expect(new Set(hashes).size).toBe(FILES.length);
    const scenario = loadScenario('wall', folder);
    const reversed = Object.fromEntries(Object.entries(scenario).reverse()) as typeof scenario;
    expect(scenarioHash(reversed)).toBe(scenarioHash(scenario));
    expect(scenarioHash({ ...scenario, time_limit_s: 74 })).not.toBe(scenarioHash(scenario));
    expect(scenarioHash(scenario)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('selections', () => {
  test('all, names, tags, paths and weights', () => {
    expect(names('all')).toEqual(listScenarios().map((scenario) => scenario.name));
    expect(names('wall, one-brick')).toEqual(['wall', 'one-brick']);
    expect(names('wall:2,one-brick:0.5')).toEqual([
      ['wall', 2],
      ['one-brick', 0.5],
    ]);
    expect(names('tag:wall')).toEqual(['box-wall-side', 'corner', 'wall']);
    expect(names('recovery')).toEqual(names('tag:recovery'));
    expect(names('tag:multi:3')).toEqual(names('tag:multi').map((name) => [name, 3]));
    expect(names('mine.yaml,./wall.yaml:4')).toEqual(['mine', ['wall', 4]]);
    expect(names('wall')).toEqual(['wall']);
  });

  test('what cannot be meant is refused with a remedy', () => {
    const list = listScenarios()
      .map((scenario) => scenario.name)
      .join(', ');
    const withoutList = (spec: string) => fault(spec).replace(list, '<LIST>');
    expect(withoutList('one-brik')).toMatchInlineSnapshot(
      `"InputError: --scenarios: scenario "one-brik" is not known; did you mean "one-brick"? there are <LIST>, and a path to a file of your own (.yaml) works too"`,
    );
    expect(withoutList('zzzzzzzzzzzz')).toMatchInlineSnapshot(
      `"InputError: --scenarios: scenario "zzzzzzzzzzzz" is not known; there are <LIST>, and a path to a file of your own (.yaml) works too"`,
    );
    expect(withoutList('')).toMatchInlineSnapshot(
      `"InputError: --scenarios: an empty name stands between two commas; leave it out"`,
    );
    expect(withoutList('wall,,few')).toMatchInlineSnapshot(
      `"InputError: --scenarios: an empty name stands between two commas; leave it out"`,
    );
    expect(withoutList('wall:0')).toMatchInlineSnapshot(
      `"InputError: --scenarios: "wall:0" has the weight 0, which must be above 0 and at most 1000"`,
    );
    expect(withoutList('wall:1e9')).toMatchInlineSnapshot(
      `"InputError: --scenarios: "wall:1e9" has the weight 1e9, which must be above 0 and at most 1000"`,
    );
    expect(withoutList('wall:-1')).toMatchInlineSnapshot(
      `"InputError: --scenarios: "wall:-1" has the weight -1, which must be above 0 and at most 1000"`,
    );
    expect(withoutList('tag:nothing')).toContain('no scenario has the tag "nothing"; there are basic, ');
    expect(withoutList('wall,tag:wall')).toMatchInlineSnapshot(
      `"InputError: --scenarios: scenario "wall" is selected twice, by "wall" and "tag:wall"; drop one"`,
    );
    expect(withoutList('wall,./wall.yaml')).toContain(
      'scenario "wall" is selected twice, by "wall" and "./wall.yaml"',
    );
    expect(withoutList('nothere.yaml')).toMatchInlineSnapshot(
      `"InputError: --scenarios: scenario file nothere.yaml cannot be read (ENOENT); check the path"`,
    );
    expect(withoutList('wall:0,nothere.yaml')).toMatchInlineSnapshot(`
      "InputError: --scenarios has 2 faults:
        - "wall:0" has the weight 0, which must be above 0 and at most 1000
        - scenario file nothere.yaml cannot be read (ENOENT); check the path"
    `);
  });

  test('slips of the pen are recognised, other words are not', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
    expect(nearest('cornr', ['wall', 'corner'])).toBe('corner');
    expect(nearest('q', ['wall', 'corner'])).toBe(null);
  });
});
