/** Puts things in the place of a file that are none: pipes, devices, folders, links that lead out, endless sizes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import type { HostileClass, Place } from '../case.ts';

export interface Stand {
  name: string;
  kind: HostileClass;
  put(path: string, place: Place): void;
}

const instead = (path: string): void => rmSync(path, { recursive: true, force: true });

export const STANDS: readonly Stand[] = [
  {
    name: 'a named pipe',
    kind: 'no regular file',
    put: (path) => {
      instead(path);
      execFileSync('mkfifo', [path]);
    },
  },
  {
    name: 'a folder',
    kind: 'no regular file',
    put: (path) => {
      instead(path);
      mkdirSync(path);
    },
  },
  {
    name: 'a link to /dev/zero',
    kind: 'no regular file',
    put: (path) => {
      instead(path);
      symlinkSync('/dev/zero', path);
    },
  },
  {
    name: 'a link to a file elsewhere',
    kind: 'other files',
    put: (path, { secret }) => {
      instead(path);
      symlinkSync(secret, path);
    },
  },
  {
    name: 'a link to itself',
    kind: 'no regular file',
    put: (path) => {
      instead(path);
      symlinkSync(path, path);
    },
  },
  {
    name: 'an empty file',
    kind: 'damaged',
    put: (path) => writeFileSync(path, ''),
  },
  {
    name: '3 GB of zeros',
    kind: 'huge count',
    put: (path) => {
      writeFileSync(path, '');
      truncateSync(path, 3 * 2 ** 30);
    },
  },
];
