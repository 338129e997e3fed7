/** How the results were made: whatever summary.json and run.json say that the report does not show elsewhere. */
import { type Html, html } from './html.ts';
import type { ReportData } from './report-data.ts';

/** Shown above, or of no use without the rest. */
const ELSEWHERE = new Set([
  'by_scenario',
  'failures',
  'wilson',
  'episodes',
  'successes',
  'success_rate',
  'errors',
  'time_s',
  'path_m',
  // In the commands of the failures.
  'again',
  // The checksum of run.json.
  'sum',
]);
const DEEPEST = 4;

export function provenance({ summary, run }: ReportData, madeWith: Record<string, string>): Html {
  const entries = new Map<string, string>();
  for (const [name, value] of [...flat(summary), ...flat(run), ...Object.entries(madeWith)])
    entries.set(name, value);
  const rows = [...entries].map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`);
  return html`<section class="card"><h2>How this was made</h2><dl class="small">${rows}</dl></section>`;
}

/** Leaves by their path, in the file's order. */
function flat(value: Record<string, unknown>, prefix = '', depth = 0): [string, string][] {
  return Object.entries(value).flatMap(([key, part]): [string, string][] => {
    if (depth === 0 && ELSEWHERE.has(key)) return [];
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (part === null || part === undefined) return [];
    if (typeof part === 'object' && !Array.isArray(part) && depth < DEEPEST)
      return flat(part as Record<string, unknown>, name, depth + 1);
    return [[name, typeof part === 'object' ? short(JSON.stringify(part)) : String(part)]];
  });
}

const short = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)} …` : text);
