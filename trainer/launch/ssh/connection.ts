/**
 * A host by the system's own ssh: one connection that all commands share, with a key pinned at the first sight of the
 * host. ssh2 in this process would accept any host key by default and would need the keepalive and agent rebuilt.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../../../sim/errors.ts';
import { HostError } from '../remote/ports.ts';
import { isSshName, pathValue, socketFolder } from './option-value.ts';
import { remoteLine } from './remote-words.ts';

export interface SshTarget {
  /** Null: as ssh's own configuration says. */
  user: string | null;
  host: string;
  port: number | null;
}

export interface SshOptions {
  /** Null: the keys that ssh finds by itself. */
  keyFile: string | null;
  /** The first takes new keys; all are asked. */
  knownHostsFiles: readonly string[];
  /** What the host is called in the first of them instead of its address, which clouds give to others later. */
  hostKeyAlias: string | null;
  /** "ssh-ed25519 AAAA…": the only key that is taken. Null: the first one seen is kept. */
  hostKey: string | null;
  /** `none` leaves the user's configuration out, as for a machine that was rented; null uses it. */
  configFile: string | null;
}

export interface RunOptions {
  stdin?: string | Uint8Array | Readable;
  timeoutS?: number;
  signal?: AbortSignal;
}

export interface RemoteResult {
  code: number;
  stdout: Buffer;
  stderr: string;
  /** Of stdout. */
  bytes: number;
}

export const SSH_DEFAULTS = {
  connectTimeoutS: 15,
  /** Four unanswered ones end the connection: a dead network is seen within a minute. */
  serverAliveIntervalS: 15,
  serverAliveCountMax: 4,
  /** How long the connection stays when no command uses it. */
  persistS: 60,
  commandTimeoutS: 60,
  maxOutputBytes: 16 * 2 ** 20,
} as const;

const SSH_FAILED = 255;
const SILENT_MS = 2000;
const KEPT_STDERR_BYTES = 64 * 1024;

export class SshConnection {
  readonly target: SshTarget;
  #options: SshOptions;
  /** Of this connection alone, so that the socket's name can be short: its path has room for about a hundred bytes. */
  readonly #controlFolder: string;

  /** @throws InputError for a host, user or path that ssh would take for something else */
  constructor(target: SshTarget, options: SshOptions) {
    for (const word of [target.host, target.user ?? ''])
      if (word !== '' && !isSshName(word))
        throw new InputError(`"${word}" is no name of an ssh host or user`);
    // Before anything is made: ssh would be given them only later.
    for (const path of [...options.knownHostsFiles, options.keyFile ?? '']) pathValue(path);
    this.target = target;
    this.#controlFolder = mkdtempSync(join(socketFolder(), 'bk-ssh-'));
    this.#options = options;
    mkdirSync(dirname(options.knownHostsFiles[0]), { recursive: true });
    if (options.hostKey !== null) this.#pin(options.hostKey);
  }

  #pin(hostKey: string): void {
    const file = join(this.#controlFolder, 'known_hosts');
    const name = this.#options.hostKeyAlias ?? hostInKnownHosts(this.target);
    writeFileSync(file, `${name} ${hostKey}\n`);
    this.#options = { ...this.#options, knownHostsFiles: [file] };
  }

  /**
   * Runs these words there. @returns its exit code, whatever it is
   * @throws HostError when ssh itself failed
   */
  run(words: readonly string[], options: RunOptions = {}): Promise<RemoteResult> {
    return this.#run(words, options, undefined);
  }

  /** As `demand`, with its output to `sink`, which is not ended. @returns its bytes */
  async pipe(words: readonly string[], sink: Writable, options: RunOptions = {}): Promise<number> {
    const { code, stderr, bytes } = await this.#run(words, options, sink);
    if (code !== 0) throw remoteFailure(this.#name(), code, stderr);
    return bytes;
  }

  /** Once more when the shared connection was just breaking off: nothing was asked of the host yet. */
  async #run(
    words: readonly string[],
    options: RunOptions,
    sink: Writable | undefined,
  ): Promise<RemoteResult> {
    const result = await this.#once(words, options, sink);
    const isRepeatable = !(options.stdin instanceof Readable) && result.bytes === 0;
    const broke = result.code === SSH_FAILED && /mux_client_request_session/.test(result.stderr);
    const last = broke && isRepeatable ? await this.#once(words, options, sink) : result;
    if (last.code === SSH_FAILED) throw this.#failure(last.stderr);
    return last;
  }

  async #once(
    words: readonly string[],
    options: RunOptions,
    sink: Writable | undefined,
  ): Promise<RemoteResult> {
    const child = this.#spawn([...this.#flags(), this.#destination(), '--', remoteLine(words)]);
    const timeoutS = options.timeoutS ?? SSH_DEFAULTS.commandTimeoutS;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutS * 1000);
    const abort = () => void child.kill('SIGKILL');
    options.signal?.addEventListener('abort', abort);
    try {
      const fed = feed(child, options.stdin);
      const result = await collect(child, sink);
      await fed;
      if (timedOut) {
        this.#dropMaster(); // it may hang itself, and would take the next command with it
        throw new HostError('unreachable', `${this.#name()} did not answer within ${timeoutS} s`);
      }
      if (options.signal?.aborted) throw new HostError('unreachable', `${this.#name()}: given up`);
      return result;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    }
  }

  /** As `run`, for what must succeed. @throws HostError with what it said, `disk-full` where it said that */
  async demand(words: readonly string[], options: RunOptions = {}): Promise<Buffer> {
    const { code, stdout, stderr } = await this.run(words, options);
    if (code !== 0) throw remoteFailure(this.#name(), code, stderr);
    return stdout;
  }

  /** Ends the shared connection. */
  close(): void {
    // Waits: it is asked by a socket in the folder that goes next.
    spawnSync('ssh', [...this.#flags(), '-O', 'exit', this.#destination()], {
      stdio: 'ignore',
      timeout: 5000,
    });
    rmSync(this.#controlFolder, { recursive: true, force: true });
  }

  #dropMaster(): void {
    const child = this.#spawn([...this.#flags(), '-O', 'exit', this.#destination()]);
    child.stdin?.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    child.on('close', () => clearTimeout(timer));
    timer.unref();
  }

  #spawn(args: string[]): ChildProcess {
    const child = spawn('ssh', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin!.on('error', () => {}); // it ended first; its exit code says why
    child.on('error', () => {}); // whoever waits for it hears it, too
    return child;
  }

  #flags(): string[] {
    const { keyFile, knownHostsFiles, hostKeyAlias, configFile } = this.#options;
    const settings: Record<string, string | number> = {
      BatchMode: 'yes',
      ConnectTimeout: SSH_DEFAULTS.connectTimeoutS,
      ServerAliveInterval: SSH_DEFAULTS.serverAliveIntervalS,
      ServerAliveCountMax: SSH_DEFAULTS.serverAliveCountMax,
      ControlMaster: 'auto',
      ControlPath: pathValue(join(this.#controlFolder, 'c')),
      ControlPersist: SSH_DEFAULTS.persistS,
      StrictHostKeyChecking: this.#options.hostKey === null ? 'accept-new' : 'yes',
      UserKnownHostsFile: knownHostsFiles.map(pathValue).join(' '),
      UpdateHostKeys: 'no',
      HashKnownHosts: 'no',
      ForwardAgent: 'no',
      ForwardX11: 'no',
      PermitLocalCommand: 'no',
      RemoteCommand: 'none',
      LogLevel: 'ERROR',
      ...(hostKeyAlias === null ? {} : { HostKeyAlias: hostKeyAlias, CheckHostIP: 'no' }),
      ...(keyFile === null ? {} : { IdentityFile: pathValue(keyFile), IdentitiesOnly: 'yes' }),
    };
    const port = this.target.port === null ? [] : ['-p', `${this.target.port}`];
    const config = configFile === null ? [] : ['-F', configFile];
    return ['-T', ...config, ...port, ...Object.entries(settings).flatMap(([k, v]) => ['-o', `${k}=${v}`])];
  }

  #destination(): string {
    return this.target.user === null ? this.target.host : `${this.target.user}@${this.target.host}`;
  }

  #name(): string {
    return this.target.port === null ? this.#destination() : `${this.#destination()}:${this.target.port}`;
  }

  #failure(stderr: string): HostError {
    const name = this.#name();
    const last = stderr.trim().split('\n').at(-1) ?? '';
    if (/HOST IDENTIFICATION HAS CHANGED|Host key verification failed/.test(stderr)) {
      const entry = this.#options.hostKeyAlias ?? hostInKnownHosts(this.target);
      const remedy =
        this.#options.hostKey === null
          ? `run \`ssh-keygen -R ${remoteLine([entry])} -f ${remoteLine([this.#options.knownHostsFiles[0]])}\``
          : 'give its new key by --host-key';
      return new HostError(
        'host-key',
        `${name} shows another host key than the known one: somebody may sit between; if it was set up anew, ${remedy}`,
      );
    }
    if (/Permission denied|Too many authentication failures|no mutual signature/.test(stderr))
      return new HostError(
        'refused',
        `${name} takes none of the ssh keys (${last}): put the public key into its authorized_keys`,
      );
    if (/UNPROTECTED PRIVATE KEY|bad permissions|invalid format|Load key/.test(stderr))
      return new HostError('refused', `the ssh key cannot be used: ${last}`);
    return new HostError(
      'unreachable',
      last === '' ? `the connection to ${name} broke off` : `${name} cannot be reached by ssh: ${last}`,
    );
  }
}

function hostInKnownHosts({ host, port }: SshTarget): string {
  return port === null || port === 22 ? host : `[${host}]:${port}`;
}

export function remoteFailure(name: string, code: number, stderr: string): HostError {
  const said = stderr.trim().split('\n').slice(-5).join(' | ').slice(0, 800);
  const isFull = /No space left on device|Disk quota exceeded/.test(stderr);
  return new HostError(
    isFull ? 'disk-full' : 'setup-failed',
    `${name}: exit code ${code}: ${said || 'it said nothing'}`,
  );
}

async function feed(child: ChildProcess, stdin: RunOptions['stdin']): Promise<void> {
  if (stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array) {
    child.stdin!.end(stdin);
    return;
  }
  await pipeline(stdin, child.stdin!).catch(() => {}); // the other end's exit code says why
}

function collect(child: ChildProcess, sink: Writable | undefined): Promise<RemoteResult> {
  const parts: Buffer[] = [];
  let bytes = 0;
  let stderr = '';
  child.stdout!.on('data', (part: Buffer) => {
    bytes += part.length;
    if (sink) return;
    if (bytes <= SSH_DEFAULTS.maxOutputBytes) parts.push(part);
  });
  if (sink) child.stdout!.pipe(sink, { end: false });
  child.stderr!.on('data', (part: Buffer) => {
    stderr = (stderr + part.toString()).slice(-KEPT_STDERR_BYTES);
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(
        new HostError(
          'unreachable',
          `ssh cannot be run: ${error.message}; install the package openssh-client`,
        ),
      ),
    );
    child.on('close', (code) =>
      resolve({ code: code ?? SSH_FAILED, stdout: Buffer.concat(parts), stderr, bytes }),
    );
    child.on('exit', () => letGo(child));
  });
}

/**
 * The shared connection's process holds a command's pipes, too, and was seen once to keep them a minute longer than the
 * command lasted. Nothing comes any more once it has exited and its pipes are silent.
 */
function letGo(child: ChildProcess): void {
  let readBytes = -1;
  const timer = setInterval(() => {
    const streams = [child.stdout!, child.stderr!] as Socket[];
    const nowBytes = streams.reduce((sum, stream) => sum + stream.bytesRead, 0);
    const isWaitedFor = streams.some((stream) => stream.readableLength > 0 || stream.isPaused());
    if (nowBytes === readBytes && !isWaitedFor) for (const stream of streams) stream.destroy();
    readBytes = nowBytes;
  }, SILENT_MS);
  child.on('close', () => clearInterval(timer));
}
