/** Every way in which a scenario file can be wrong ends in one message that says where and what to do. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseScenario } from '../../scenarios/parse.ts';
import { loadScenario } from '../../scenarios/registry.ts';
import { InputError } from '../../sim/errors.ts';

const GOOD = `name: mine
title: Mine
description: A brick somewhere.
time_limit_s: 60
bricks:
  - where: { from_walls_m: { min: 1 } }
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bad-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function message(run: () => unknown): string {
  try {
    return `accepted: ${JSON.stringify(run())}`;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}
const parsed = (text: string) => message(() => parseScenario(text, 'scenario file x.yaml'));
const replaced = (from: string, to: string) => {
  expect(GOOD).toContain(from);
  return parsed(GOOD.replace(from, to));
};
const loaded = (name: string, content?: string | Uint8Array) => {
  if (content !== undefined) writeFileSync(join(folder, name), content);
  return message(() => loadScenario(`./${name}`, folder));
};

test('the file that all of these spoil is good', () => {
  expect(parseScenario(GOOD, 'x').name).toBe('mine');
  expect(loaded('good.yaml', GOOD)).toContain('accepted');
});

describe('YAML', () => {
  test.each([
    ['a bracket left open', 'name: [1, 2\n', 'line 2, column 1: Flow sequence in block collection'],
    ['a repeated key', `${GOOD}name: other\n`, 'line 7, column 1: Map keys must be unique'],
    ['a tab', '\tname: x\n', 'line 1, column 1: Tabs are not allowed as indentation'],
    [
      'an alias',
      `${GOOD}x: &a 1\ny: *a\n`,
      'line 8, column 4: aliases (*a) are not read; write the value out',
    ],
    ['an anchor', `${GOOD}x: &a 1\n`, 'line 7, column 7: anchors (&a) are not read; leave it out'],
    ['a merge key', `${GOOD}<<: { a: 1 }\n`, 'line 7, column 1: merge keys (<<) are not read; write it out'],
    ['a tag', `${GOOD}x: !!binary aGk=\n`, 'tags (tag:yaml.org,2002:binary) are not read'],
    ['a tag of its own', `${GOOD}x: !thing 1\n`, '!thing'],
    ['.nan', `${GOOD}x: .nan\n`, 'line 7, column 4: .nan is no finite number; write one'],
    ['-.inf', `${GOOD}x: -.inf\n`, 'line 7, column 4: -.inf is no finite number; write one'],
    ['1e999', `${GOOD}x: 1e999\n`, 'line 7, column 4: 1e999 is no finite number; write one'],
    ['a number as a key', `${GOOD}1: x\n`, 'line 7, column 1: keys must be plain words'],
    ['a list as a key', `${GOOD}? [a]\n: x\n`, 'line 7, column 3: keys must be plain words'],
    ['a second document', `${GOOD}---\nname: b\n`, 'line 7, column 1: a second document begins; keep one'],
    ['60,000 brackets', '['.repeat(60_000), 'nests deeper than 12 levels; a scenario never does'],
    ['30,000 dashes', '- '.repeat(30_000), 'nests deeper than 12 levels; a scenario never does'],
    ['6,000 values', `x: [${'1,'.repeat(6000)}]`, 'more than 5000 values; a scenario never has'],
    ['70,000 bytes', '#'.repeat(70_000), 'has 70000 bytes, more than 65536; a scenario is a page of text'],
    ['nothing', '', 'is empty; begin with: brickyard scenario new NAME'],
    ['a list', '- 1\n', 'line 1, column 1: is [1], but must be {name, title, description, ...}'],
  ])('%s', (_, text, expected) => {
    expect(parsed(text)).toContain(expected);
  });

  test('no text whatever gets past with anything else than a scenario or an InputError', () => {
    const pieces = fc.constantFrom(
      ...GOOD.split(/(?=[\n:{} ])/),
      '[',
      ']',
      '{',
      '&a',
      '*a',
      '!!',
      '- ',
      '? ',
      '"',
      "'",
      '|',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), fc.string(), (parts, tail) => {
        expect(typeof parsed(parts.join('') + tail)).toBe('string');
      }),
      { numRuns: 300 },
    );
  });
});

describe('keys and values', () => {
  test.each([
    [
      'an unknown key',
      '    colours: [red]',
      'line 7, column 5: bricks[0].colours is no known key; did you mean "colors"?',
    ],
    [
      'a colour by name',
      '    colors: [red]',
      'bricks[0].colors[0] is "red", but must be a colour such as "#c91a09"',
    ],
    [
      'half a brick',
      '    count: 2.5',
      'bricks[0].count is 2.5, but must be a whole number or {integer} or {choice}',
    ],
    ['no brick', '    count: 0', 'bricks[0].count is 0, but must be at least 1'],
    ['too many bricks', '    count: 41', 'bricks[0].count is 41, but may be at most 40'],
    [
      'many groups of bricks',
      '    count: 30\n  - count: 30',
      'bricks up to 60 bricks altogether is more than 40',
    ],
    ['a giant brick', '    size: { length_m: 9 }', 'bricks[0].size.length_m is 9, but may be at most 0.8'],
    [
      'a word for a number',
      '    spacing_m: wide',
      'line 7, column 16: bricks[0].spacing_m is "wide", but must be a number or {uniform} or',
    ],
    ['a distribution misspelt', '    spacing_m: { unifrom: [0, 1] }', 'did you mean "uniform"?'],
    [
      'a range upside down',
      '    spacing_m: { uniform: [1, 0] }',
      'bricks[0].spacing_m.uniform must be [low, high] with low <= high',
    ],
    [
      'no deviation',
      '    spacing_m: { normal: { mean: 1, deviation: 0, min: 0, max: 2 } }',
      'deviation is 0, but must be more than 0',
    ],
    [
      'an event for no brick',
      'events:\n  - when: { time_s: 1 }\n    do: { push_brick: { brick: 1, speed_mps: 1 } }',
      'events[0].do.push_brick.brick brick 1 may not exist',
    ],
    [
      'an unknown trigger',
      'events:\n  - when: { at_s: 1 }\n    do: { kick_loader: { yaw_rate_radps: 1 } }',
      'line 8, column 11: events[0].when is {"at_s":1}, but must be {time_s} or {carrying_s}',
    ],
    ['a tag twice', 'tags: [a, a]', 'tags[1] "a" is there twice; keep one'],
    ['a prototype', '__proto__: { a: 1 }', '__proto__ is no known key'],
    [
      'a heading too many',
      'loader: { where: { against_box: { side: arena, gap_m: 0 } }, heading: { deg: 3 } }',
      'loader.heading against_box already faces the box; leave heading out',
    ],
    ['a raised lift', 'loader: { lift_m: 3 }', 'loader.lift_m is 3, but may be at most 1'],
  ])('%s', (_, line, expected) => {
    expect(parsed(`${GOOD}${line}\n`)).toContain(expected);
  });

  test.each([
    [
      'a name with capitals',
      'mine',
      'My Yard',
      'line 1, column 7: name is "My Yard", but must be lower-case letters',
    ],
    [
      'a time limit of hours',
      '60',
      '5000',
      'line 4, column 15: time_limit_s is 5000, but may be at most 1000',
    ],
    ['a time limit that adds up', '60', '{ first_brick_s: 990, further_brick_s: 5 }', 'accepted'],
    ['no time limit', 'time_limit_s: 60\n', '', 'line 1, column 1: time_limit_s is missing'],
    [
      'a misspelt wall',
      'from_walls_m: { min: 1 }',
      'near_wall: { walls: eech, distance_m: 1 }',
      'walls is "eech", but must be each or any or a list [...]; did you mean "each"?',
    ],
    [
      'an unknown corner',
      'from_walls_m: { min: 1 }',
      'near_corner: { corners: [-x-y], distance_m: 1 }',
      'corners[0] is "-x-y", but must be -x-z or -x+z or +x-z or +x+z; did you mean "-x-z"?',
    ],
    [
      'two places at once',
      'from_walls_m: { min: 1 }',
      'near_wall: { distance_m: 1 }, near_corner: { distance_m: 1 }',
      'bricks[0].where near_wall and near_corner contradict each other; keep one',
    ],
    [
      'bounds that exclude all',
      '{ min: 1 }',
      '{ min: 5, max: 4 }',
      'from_walls_m min is more than max; nothing lies between',
    ],
    ['no bound', '{ min: 1 }', '{}', 'from_walls_m must say min, max or both'],
    [
      'a bucket elsewhere',
      'from_walls_m: { min: 1 }',
      'in_bucket: true, from_walls_m: { min: 1 }',
      'in_bucket already says where',
    ],
  ])('%s', (_, from, to, expected) => {
    expect(replaced(from, to)).toContain(expected);
  });

  test('a time limit that adds up to more than the longest attempt', () => {
    const text = GOOD.replace('60', '{ first_brick_s: 60, further_brick_s: 100 }').replace(
      '- where',
      '- count: 20\n    where',
    );
    expect(parsed(text)).toContain('time_limit_s 1960 s for 20 bricks is more than 1000 s');
  });

  test('all faults come at once', () => {
    const text = GOOD.replace('60', '5000').replace('mine', 'My Yard');
    expect(parsed(`${text}tgas: [a]\n`)).toMatchInlineSnapshot(`
      "scenario file x.yaml has 3 faults:
        - line 1, column 7: name is "My Yard", but must be lower-case letters, digits and dashes, at most 64
        - line 4, column 15: time_limit_s is 5000, but may be at most 1000
        - line 7, column 1: tgas is no known key; did you mean "tags"?"
    `);
  });
});

describe('files', () => {
  test('what is no plain readable file is refused', () => {
    symlinkSync(join(folder, 'good.yaml'), join(folder, 'link.yaml'));
    mkdirSync(join(folder, 'folder.yaml'));
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    expect(loaded('link.yaml')).toBe(
      'scenario file ./link.yaml is a symbolic link; name the file that it points to',
    );
    expect(loaded('folder.yaml')).toBe('scenario file ./folder.yaml is no regular file; name a YAML file');
    expect(loaded('pipe.yaml')).toBe('scenario file ./pipe.yaml is no regular file; name a YAML file');
    expect(loaded('none.yaml')).toBe('scenario file ./none.yaml cannot be read (ENOENT); check the path');
    expect(loaded('big.yaml', Buffer.alloc(70_000, 35))).toContain('has 70000 bytes, more than 65536');
    expect(loaded('latin.yaml', Uint8Array.of(0x6e, 0xe4))).toBe(
      'scenario file ./latin.yaml is no UTF-8 text; save it as UTF-8',
    );
  });
});

describe('geometry that cannot be', () => {
  test.each([
    [
      'a brick inside a wall',
      '{ min: 1 } }',
      '{ max: 0.05 } }',
      'no room for bricks[0] (1 of them)',
      'it would reach into a wall',
    ],
    [
      'a brick inside the box',
      'from_walls_m: { min: 1 }',
      'at: { x_m: -6, z_m: -6 }',
      'no room for bricks[0]',
      'it would reach into the box',
    ],
    [
      'bricks without room',
      'where: {',
      'count: 40\n    pile: { radius_m: 0.3 }\n    where: {',
      'no room for bricks[0] (40 of them)',
      'it would touch another brick',
    ],
    [
      'only sometimes without room',
      'where: {',
      'count: { integer: [1, 40] }\n    pile: { radius_m: 0.3 }\n    where: {',
      'no room for bricks[0]',
      'it would touch another brick',
    ],
    [
      'a distance beyond the arena',
      'from_walls_m: { min: 1 }',
      'from_loader_m: { min: 22.5 }',
      'no room for bricks[0]',
      'from_loader_m does not hold',
    ],
    [
      'a loader inside the box',
      'bricks:',
      'loader: { where: { at: { x_m: -6, z_m: -6 } } }\nbricks:',
      'no room for the loader',
      'it would reach into the box',
    ],
    [
      'a bucket too small',
      'from_walls_m: { min: 1 } }',
      'in_bucket: true }\n    size: { width_m: 0.7 }\n    yaw_deg: 0',
      'no room for bricks[0]',
      'it would not fit into the bucket',
    ],
  ])('%s', (name, from, to, what, why) => {
    const file = `${name.replaceAll(' ', '-')}.yaml`;
    expect(GOOD).toContain(from);
    const text = loaded(file, GOOD.replace(from, to));
    expect(text).toContain(`scenario file ./${file}: scenario mine: ${what}`);
    expect(text).toContain(why);
  });
});
