/** JUnit XML, as CI systems read it (testmoapp/junitxml). Pure. */
import { escapeMarkup } from '../../runtime/escape-markup.ts';

export interface TestCase {
  /** The suite it belongs to. */
  group: string;
  name: string;
  /** Why it failed, one sentence; it passed when left out. */
  failure?: string;
  /** What a reader may want to know of one that passed. */
  note?: string;
}

/** @param name of the whole run */
export function junitXml(name: string, cases: readonly TestCase[]): string {
  const groups = [...new Set(cases.map(({ group }) => group))];
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escapeMarkup(name)}" ${counts(cases)}>`,
    ...groups.flatMap((group) => {
      const members = cases.filter((one) => one.group === group);
      return [
        `  <testsuite name="${escapeMarkup(group)}" ${counts(members)} errors="0" skipped="0">`,
        ...members.flatMap(caseLines),
        '  </testsuite>',
      ];
    }),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function caseLines({ group, name, failure, note }: TestCase): string[] {
  const open = `    <testcase classname="${escapeMarkup(group)}" name="${escapeMarkup(name)}"`;
  const inside = [
    ...(failure === undefined
      ? []
      : [`      <failure message="${escapeMarkup(failure)}">${escapeMarkup(failure)}</failure>`]),
    ...(note === undefined ? [] : [`      <system-out>${escapeMarkup(note)}</system-out>`]),
  ];
  return inside.length === 0 ? [`${open}/>`] : [`${open}>`, ...inside, '    </testcase>'];
}

function counts(cases: readonly TestCase[]): string {
  return `tests="${cases.length}" failures="${cases.filter(({ failure }) => failure !== undefined).length}"`;
}
