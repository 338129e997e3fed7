/** Paths and names as ssh takes them: in its options quotes, backslashes, `%` and `${}` mean something. */
import { tmpdir } from 'node:os';
import { InputError } from '../../../sim/errors.ts';

/**
 * A path as the value of an `-o` option that ssh expands tokens in: exactly this file.
 * @throws InputError for `${`, which ssh replaces by the environment and cannot be told not to, and control characters
 */
export function pathValue(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no option can hold
  if (/\$\{|[\x00-\x1f\x7f]/.test(path))
    throw new InputError(
      `${JSON.stringify(path)} is no path that ssh can be given: rename it without \${ and control characters`,
    );
  return `"${path.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`;
}

/** As OpenSSH 9.6 and later refuse them: a ProxyCommand of the user's configuration puts them into a shell line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no name may hold
const UNSAFE_NAME = /^-|[\s'"`$\\;&<>|(){}\x00-\x1f\x7f]/;

/** Whether this can name a host, an alias of one, or a user; never an option, an address with a scheme, or shell. */
export function isSshName(word: string): boolean {
  return word !== '' && !UNSAFE_NAME.test(word) && !word.includes('/');
}

/** A socket's path holds 107 bytes; ssh appends 17 while it makes it, and ours is `/bk-ssh-XXXXXX/c`. */
const LONGEST_FOLDER_BYTES = 107 - 17 - '/bk-ssh-XXXXXX/c'.length;

/** Where the sockets of shared connections go: the temporary folder, unless ssh could not use a socket there. */
export function socketFolder(folder: string = tmpdir()): string {
  const isUsable = Buffer.byteLength(folder) <= LONGEST_FOLDER_BYTES && !/\$\{|[\n\r]/.test(folder);
  return isUsable ? folder : '/tmp';
}
