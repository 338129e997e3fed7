/** A process for own-process.test.ts: does what its request says. */
import { z } from 'zod';
import { ReportedFailure } from '../../runtime/failure.ts';
import { serveProcess } from '../../runtime/serve-process.ts';
import { InputError, Interrupted, NegativeResult } from '../../sim/errors.ts';

const ERRORS = {
  'bad-input': () => new InputError('such is no scenario'),
  negative: () => new NegativeResult('too few'),
  interrupted: () => new Interrupted('stopped'),
  diverged: () => new ReportedFailure({ kind: 'diverged', message: 'loss is nan' }),
  'disk-full': () => Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write', path: '/x' }),
  refused: () => Object.assign(new Error('no'), { code: 'EACCES', syscall: 'open', path: '/x' }),
  bug: () => new TypeError('x is not a function'),
};

const schema = z.strictObject({
  does: z.enum(['answers', 'prints', 'hangs', 'exits', 'throws']),
  throws: z
    .enum(['bad-input', 'negative', 'interrupted', 'diverged', 'disk-full', 'refused', 'bug'])
    .optional(),
});

await serveProcess(schema, async ({ does, throws }, { say }) => {
  if (does === 'throws') throw ERRORS[throws!]();
  if (does === 'exits') process.exit(5);
  say('first\nsecond');
  if (does === 'prints') {
    console.log('{"event":"result","result":"of a library"}');
    process.stdout.write('no line break');
  }
  if (does === 'hangs') await new Promise((resolve) => setTimeout(resolve, 600_000));
  return { pid: process.pid };
});
