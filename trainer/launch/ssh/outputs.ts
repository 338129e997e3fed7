/** Brings a run's small files home: curves, reports, log and policies, without the checkpoints' weights and states. */
import { spawn } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { temporaryName } from '../../../runtime/temporary-name.ts';
import { HostError } from '../remote/ports.ts';
import type { SshConnection } from './connection.ts';
import { PACK_OUTPUTS } from './host-scripts.ts';
import { shScript } from './remote-words.ts';

/** Nothing that large is among them; a host that sends more is cut off. */
const LONGEST_S = 1800;

/**
 * Replaces what an earlier call brought, file by file.
 * @param into absolute, here
 * @throws HostError
 */
export async function fetchRunOutputs(ssh: SshConnection, run: string, into: string): Promise<void> {
  const temporary = temporaryName(into);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  try {
    // tar drops a leading slash and refuses "..", so that a host cannot write elsewhere.
    const tar = spawn('tar', ['-x', '-f', '-', '-C', temporary, '--no-same-owner', '--no-same-permissions'], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    tar.stderr.on('data', (part) => {
      said += part;
    });
    tar.stdin.on('error', () => {});
    const ended = new Promise<number>((resolve) => {
      tar.on('error', () => resolve(127));
      tar.on('close', (code) => resolve(code ?? 1));
    });
    let bytes = 0;
    try {
      bytes = await ssh.pipe(shScript(PACK_OUTPUTS, run), tar.stdin, { timeoutS: LONGEST_S });
    } finally {
      tar.stdin.end();
    }
    const code = await ended;
    if (bytes > 0 && code !== 0)
      throw new HostError('unreachable', `the outputs of ${run} came damaged: ${said.trim()}`);
    await mkdir(into, { recursive: true });
    await cp(temporary, into, { recursive: true, force: true, verbatimSymlinks: true });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
