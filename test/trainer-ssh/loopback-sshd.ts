/**
 * A real sshd on 127.0.0.1 with a host key and a user key of its own, for the user that runs the tests. Its processes
 * end with `close`; `cut` ends the connections that are open, as a dead network would.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SshConnection } from '../../trainer/launch/ssh/connection.ts';

const SSHD = '/usr/sbin/sshd';

export class LoopbackSshd {
  /** Keys, known hosts, and a home for what tests put there. */
  readonly folder: string;
  readonly port: number;
  readonly user = userInfo().username;
  readonly keyFile: string;
  #sshdPort: number;
  #process: ChildProcess;
  #relay: Server;
  #sockets = new Set<Socket>();

  private constructor(folder: string, port: number, sshdPort: number, process: ChildProcess, relay: Server) {
    this.folder = folder;
    this.port = port;
    this.#sshdPort = sshdPort;
    this.#process = process;
    this.#relay = relay;
    this.keyFile = join(folder, 'user_key');
    relay.on('connection', (socket: Socket) => this.#pass(socket));
  }

  static async start(): Promise<LoopbackSshd> {
    if (!existsSync(SSHD)) throw new Error('these tests need sshd: install the package openssh-server');
    mkdirSync('/run/sshd', { recursive: true });
    const folder = mkdtempSync(join(tmpdir(), 'brickyard-sshd-'));
    makeKey(join(folder, 'host_key'));
    makeKey(join(folder, 'user_key'));
    writeFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'user_key.pub')), {
      mode: 0o600,
    });
    const sshdPort = await freePort();
    const relay = createServer();
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const process = startSshd(folder, sshdPort);
    const { port } = relay.address() as { port: number };
    const sshd = new LoopbackSshd(folder, port, sshdPort, process, relay);
    await sshd.#answers();
    return sshd;
  }

  connect(options: { alias?: string | null; keyFile?: string; hostKey?: string | null } = {}): SshConnection {
    return new SshConnection(
      { user: this.user, host: '127.0.0.1', port: this.port },
      {
        keyFile: options.keyFile ?? this.keyFile,
        knownHostsFiles: [join(this.folder, 'known_hosts')],
        hostKeyAlias: options.alias ?? null,
        hostKey: options.hostKey ?? null,
        configFile: 'none',
      },
    );
  }

  hostKey(): string {
    return readFileSync(join(this.folder, 'host_key.pub'), 'utf8').trim();
  }

  /** Ends all connections; new ones can be made. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As a machine that was set up anew, or another one at its address. */
  async changeHostKey(): Promise<void> {
    this.#process.kill('SIGTERM');
    rmSync(join(this.folder, 'host_key'));
    rmSync(join(this.folder, 'host_key.pub'));
    makeKey(join(this.folder, 'host_key'));
    this.cut();
    this.#sshdPort = await freePort();
    this.#process = startSshd(this.folder, this.#sshdPort);
    await this.#answers();
  }

  async close(): Promise<void> {
    this.cut();
    this.#relay.close();
    this.#process.kill('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #pass(socket: Socket): void {
    const other = connectTo(this.#sshdPort, '127.0.0.1');
    for (const one of [socket, other]) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        socket.destroy();
        other.destroy();
      });
    }
    socket.pipe(other);
    other.pipe(socket);
  }

  async #answers(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const found = await new Promise<boolean>((resolve) => {
        const socket = connectTo(this.#sshdPort, '127.0.0.1');
        socket.on('error', () => resolve(false));
        socket.on('data', () => {
          socket.destroy();
          resolve(true);
        });
      });
      if (found) return;
      await sleep(50);
    }
    throw new Error('sshd does not answer');
  }
}

function startSshd(folder: string, port: number): ChildProcess {
  const settings = [
    `Port=${port}`,
    'ListenAddress=127.0.0.1',
    `HostKey=${join(folder, 'host_key')}`,
    `AuthorizedKeysFile=${join(folder, 'authorized_keys')}`,
    `PidFile=none`,
    'PasswordAuthentication=no',
    'KbdInteractiveAuthentication=no',
    'PermitRootLogin=prohibit-password',
    'UsePAM=no',
    'StrictModes=no',
    'MaxStartups=50',
  ];
  const options = settings.flatMap((setting) => ['-o', setting]);
  return spawn(SSHD, ['-D', '-e', '-f', '/dev/null', ...options], { stdio: 'ignore' });
}

function makeKey(path: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
