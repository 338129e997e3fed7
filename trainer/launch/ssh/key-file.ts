/** The key that opens the rented machine: made for one run, or the user's own, which others must not be able to read. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { InputError } from '../../../sim/errors.ts';

/** @throws InputError when it is not there or others may read it */
export async function checkKeyFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile())
    throw new InputError(`the ssh key ${path} is not there; name another, or make one by ssh-keygen`);
  const others = found.mode & 0o077;
  if (others !== 0)
    throw new InputError(
      `the ssh key ${path} has mode ${(found.mode & 0o777).toString(8)}, others may read it: run \`chmod 600 ${path}\``,
    );
}

/** The comment of keys that were made here, which tells them from a user's own. */
export const KEY_COMMENT = 'brickyard';

/** A new ed25519 pair without a passphrase, kept where it is when it was made before. @returns the public key */
export async function ensureKeyPair(path: string): Promise<string> {
  if (!existsSync(path) || !existsSync(`${path}.pub`)) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (!existsSync(path))
      await promisify(execFile)('ssh-keygen', [
        '-q',
        '-t',
        'ed25519',
        '-N',
        '',
        '-C',
        KEY_COMMENT,
        '-f',
        path,
      ]);
    await chmod(path, 0o600);
  }
  await checkKeyFile(path);
  return publicKeyOf(path);
}

/** In OpenSSH format; of the file beside it, else derived. */
export async function publicKeyOf(path: string): Promise<string> {
  if (existsSync(`${path}.pub`)) return (await readFile(`${path}.pub`, 'utf8')).trim();
  try {
    const { stdout } = await promisify(execFile)('ssh-keygen', ['-y', '-P', '', '-f', path]);
    return stdout.trim();
  } catch {
    throw new InputError(
      `the ssh key ${path} cannot be read, or has a passphrase: name one without, kept as 600`,
    );
  }
}
