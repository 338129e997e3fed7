/**
 * In place of loop/stage-entry.ts: a stage that ends as $BRICKYARD_STUB says. Leaves what it was asked and where it
 * stood; what a library prints stands between its events.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

interface Stub {
  /** Where to leave what it was asked. */
  folder: string;
  events: object[];
  code?: number;
  /** Ends so, in the middle of its work. */
  signal?: NodeJS.Signals;
}

const { folder, events, code = 0, signal } = JSON.parse(process.env.BRICKYARD_STUB!) as Stub;
const request = JSON.parse(await text(process.stdin));
writeFileSync(join(folder, 'asked.json'), JSON.stringify({ ...request, cwd: process.env.INIT_CWD }));
console.error('of the library');
for (const event of events) console.log(`{"torn": \n{not json}\nWARNING ${JSON.stringify(event)}`);
if (signal) process.kill(process.pid, signal);
else process.exitCode = code;
