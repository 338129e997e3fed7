/** JUnit XML, as CI systems read it (testmoapp/junitxml). Pure. */

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
    `<testsuites name="${escapeXml(name)}" ${counts(cases)}>`,
    ...groups.flatMap((group) => {
      const members = cases.filter((one) => one.group === group);
      return [
        `  <testsuite name="${escapeXml(group)}" ${counts(members)} errors="0" skipped="0">`,
        ...members.flatMap(caseLines),
        '  </testsuite>',
      ];
    }),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function caseLines({ group, name, failure, note }: TestCase): string[] {
  const open = `    <testcase classname="${escapeXml(group)}" name="${escapeXml(name)}"`;
  const inside = [
    ...(failure === undefined
      ? []
      : [`      <failure message="${escapeXml(failure)}">${escapeXml(failure)}</failure>`]),
    ...(note === undefined ? [] : [`      <system-out>${escapeXml(note)}</system-out>`]),
  ];
  return inside.length === 0 ? [`${open}/>`] : [`${open}>`, ...inside, '    </testcase>'];
}

function counts(cases: readonly TestCase[]): string {
  return `tests="${cases.length}" failures="${cases.filter(({ failure }) => failure !== undefined).length}"`;
}

/** Also drops the control characters that XML 1.0 cannot hold at all. */
function escapeXml(text: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return [...text]
    .filter((character) => character >= ' ' || '\t\n\r'.includes(character))
    .map((character) => named[character] ?? character)
    .join('');
}
