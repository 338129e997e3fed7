/** A machine that answers by ssh: the supervisor's Host, done by the agent there (trainer/remote_agent.py). */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { type Host, HostError, type HostStatus, type Launch, type Machine } from '../remote/ports.ts';
import { remoteFailure, type SshConnection } from './connection.ts';
import { guardScript } from './dead-mans-guard.ts';
import { type FolderContents, folderContents, trainerCode } from './folder-files.ts';
import { LOG, MAKE_FOLDER, RENEW, START_GUARD, STATUS, WRITE_PRIVATE } from './host-scripts.ts';
import { parseStatus } from './host-status.ts';
import { fetchRunOutputs } from './outputs.ts';
import { type RemoteLayout, remoteLayout } from './remote-layout.ts';
import { shScript } from './remote-words.ts';
import { type UploadProgress, uploadFolder } from './upload.ts';

export interface RemoteJob {
  /** Of train.py, without data.root, run.dir and resume. */
  trainArgs: readonly string[];
  /** As typed. */
  command: string;
  /** The run's prefix in storage; null: checkpoints stay on the host. */
  store: string | null;
  keepLast: number;
  accelerate: {
    use: 'auto' | 'on' | 'off';
    processes: number | null;
    mixedPrecision: string | null;
    /** Absolute, here. */
    configFile: string | null;
  };
  /** Google's metadata server tells of a preemption. */
  preemptionNotice: boolean;
}

export interface SshHostOptions {
  runId: string;
  /** There; one that is not absolute lies in the user's home. */
  folder: string;
  job: RemoteJob;
  /** A folder here that is sent there, or the URL from which the host fetches it. */
  dataset: { folder: string } | { url: string };
  /** Environment variables of the trainer and of publishing. */
  secrets: Readonly<Record<string, string>>;
  /** Variables that name a file, such as a service account's key, and what is in it. */
  secretFiles?: Readonly<Record<string, string>>;
  /** A Python there that has everything; null: one is made. */
  python: string | null;
  torch: 'locked' | 'nightly';
  /** Until the first renewal. */
  deadManS: number;
  /** What switches the machine off when nobody renews, for its sh; null: only the training ends. */
  powerOff(machine: Machine): string | null;
  connect(machine: Machine): SshConnection;
  onProgress?(text: string): void;
  /** What is sent as the trainer. */
  code?: FolderContents;
}

export const HOST_DEFAULTS = {
  /** For packages of some GB. */
  environmentS: 3600,
  datasetS: 24 * 3600,
  logBytes: 2 ** 20,
} as const;

const TRY_AGAIN = 75;

/** One per supervisor; keeps a connection for each machine until `close`. */
export class SshHost implements Host {
  readonly #options: SshHostOptions;
  readonly #connections = new Map<string, SshConnection>();
  readonly #layouts = new Map<string, RemoteLayout>();
  readonly #pythons = new Map<string, string>();
  #code: Promise<FolderContents> | undefined;
  #contents: Promise<FolderContents> | undefined;

  constructor(options: SshHostOptions) {
    this.#options = options;
  }

  async prepare(machine: Machine): Promise<void> {
    const layout = await this.prepareTools(machine);
    const dataset = await this.#dataset(machine, layout);
    const { configFile } = this.#options.job.accelerate;
    if (configFile !== null) await this.#write(machine, layout.acceleratorConfig, await readFile(configFile));
    await this.#write(machine, layout.job, this.#jobFile(layout, dataset));
  }

  /** All but the dataset and the job: enough for `runPython`, and so for a probe of storage from there. */
  async prepareTools(machine: Machine): Promise<RemoteLayout> {
    const { deadManS, secrets, secretFiles = {} } = this.#options;
    const layout = await this.#layout(machine);
    await this.#startGuard(machine, layout);
    await this.renew(machine, deadManS);
    const code = await this.#trainerCode();
    await uploadFolder(this.#ssh(machine), code, layout.code(code.hash), this.#progress('code'));
    const paths: Record<string, string> = {};
    for (const [name, contents] of Object.entries(secretFiles)) {
      paths[name] = posix.join(layout.run, `${name.toLowerCase()}.secret`);
      await this.#write(machine, paths[name], contents);
    }
    await this.#write(machine, layout.secrets, JSON.stringify({ ...secrets, ...paths }));
    await this.#python(machine);
    return layout;
  }

  async launch(machine: Machine, { attempt, resumeStep, deadManS }: Launch): Promise<void> {
    await this.renew(machine, deadManS);
    const resume = resumeStep === null ? [] : ['--resume-step', `${resumeStep}`];
    await this.#agent(machine, 'launch', '--attempt', `${attempt}`, ...resume);
  }

  async status(machine: Machine): Promise<HostStatus | null> {
    const { run } = await this.#layout(machine);
    return parseStatus((await this.#ssh(machine).demand(shScript(STATUS, run))).toString());
  }

  async renew(machine: Machine, deadManS: number): Promise<void> {
    const { run, guard } = await this.#layout(machine);
    await this.#ssh(machine).demand(shScript(RENEW, run, `${Math.ceil(deadManS)}`, guard));
  }

  async log(machine: Machine, fromByte: number): Promise<{ text: string; nextByte: number }> {
    const { log } = await this.#layout(machine);
    const words = shScript(LOG, log, `${fromByte}`, `${HOST_DEFAULTS.logBytes}`);
    const answer = await this.#ssh(machine).demand(words);
    const cut = answer.indexOf('\n');
    const from = Number(answer.subarray(0, cut).toString().split(' ')[1] ?? 0);
    const bytes = wholeCharacters(answer.subarray(cut + 1));
    return { text: bytes.toString(), nextByte: from + bytes.length };
  }

  async interrupt(machine: Machine): Promise<void> {
    await this.#agent(machine, 'interrupt');
  }

  async kill(machine: Machine): Promise<void> {
    await this.#agent(machine, 'kill');
  }

  async fetchOutputs(machine: Machine, into: string): Promise<void> {
    const { run } = await this.#layout(machine);
    await fetchRunOutputs(this.#ssh(machine), run, into);
  }

  /**
   * Runs the trainer's Python there with the run's secrets, such as `-m brickyard_trainer.publishing probe URL`.
   * Only after `prepare`, or `prepareTools`. @returns its stdout
   */
  async runPython(machine: Machine, args: readonly string[]): Promise<Buffer> {
    const words = await this.#agentWords(machine, 'python');
    return this.#ssh(machine).demand([...words, '--', ...args], { timeoutS: HOST_DEFAULTS.datasetS });
  }

  /** Ends the connections; what runs there goes on. */
  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #ssh(machine: Machine): SshConnection {
    const key = `${machine.id} ${machine.address}`; // a machine that was stopped comes back at another address
    let connection = this.#connections.get(key);
    if (!connection) {
      connection = this.#options.connect(machine);
      this.#connections.set(key, connection);
    }
    return connection;
  }

  async #layout(machine: Machine): Promise<RemoteLayout> {
    const known = this.#layouts.get(machine.id);
    if (known) return known;
    const root = (await this.#ssh(machine).demand(shScript(MAKE_FOLDER, this.#options.folder)))
      .toString()
      .trim();
    const layout = remoteLayout(root, this.#options.runId);
    this.#layouts.set(machine.id, layout);
    return layout;
  }

  async #startGuard(machine: Machine, { guard, root }: RemoteLayout): Promise<void> {
    const powerOff = this.#options.powerOff(machine);
    if (powerOff === null) return;
    const { deadManS } = this.#options;
    const script = guardScript({ folder: guard, deadManS, powerOff, agentsOf: root });
    await this.#write(machine, posix.join(guard, 'guard.sh'), script);
    await this.#ssh(machine).demand(shScript(START_GUARD, guard));
  }

  async #python(machine: Machine): Promise<string> {
    const { python, torch } = this.#options;
    if (python !== null) return python;
    const known = this.#pythons.get(machine.id);
    if (known) return known;
    const layout = await this.#layout(machine);
    const code = await this.#trainerCode();
    this.#options.onProgress?.('setting up Python there');
    const words = ['env', `PYTHONPATH=${layout.code(code.hash)}`, 'python3', '-m'];
    const setup = ['brickyard_trainer.remote.environment', '--root', layout.root, '--torch', torch];
    const answer = await this.#ssh(machine).demand([...words, ...setup], {
      timeoutS: HOST_DEFAULTS.environmentS,
    });
    const made = answer.toString().trim().split('\n').at(-1)!;
    this.#pythons.set(machine.id, made);
    return made;
  }

  /** @returns its folder there */
  async #dataset(machine: Machine, layout: RemoteLayout): Promise<string> {
    const { dataset } = this.#options;
    if ('url' in dataset) {
      const into = layout.dataset(createHash('sha256').update(dataset.url).digest('hex'));
      this.#options.onProgress?.(`the host fetches ${dataset.url}`);
      await this.runPython(machine, ['-m', 'brickyard_trainer.publishing', 'fetch', dataset.url, into]);
      return into;
    }
    this.#contents ??= folderContents(dataset.folder);
    const contents = await this.#contents;
    const into = layout.dataset(contents.hash);
    await uploadFolder(this.#ssh(machine), contents, into, this.#progress('dataset'));
    return into;
  }

  async #write(machine: Machine, path: string, contents: string | Uint8Array): Promise<void> {
    await this.#ssh(machine).demand(shScript(WRITE_PRIVATE, path), { stdin: contents });
  }

  #trainerCode(): Promise<FolderContents> {
    this.#code ??= this.#options.code ? Promise.resolve(this.#options.code) : trainerCode();
    return this.#code;
  }

  async #agentWords(machine: Machine, what: string): Promise<string[]> {
    const layout = await this.#layout(machine);
    const python = await this.#python(machine);
    const code = await this.#trainerCode();
    const program = posix.join(layout.code(code.hash), 'remote_agent.py');
    return [python, program, what, '--root', layout.root, '--run', this.#options.runId];
  }

  async #agent(machine: Machine, what: string, ...more: string[]): Promise<void> {
    const words = [...(await this.#agentWords(machine, what)), ...more];
    const { code, stderr } = await this.#ssh(machine).run(words);
    if (code === 0) return;
    if (code !== TRY_AGAIN) throw remoteFailure(`${what} on ${machine.address}`, code, stderr);
    throw new HostError('unreachable', `${what} on ${machine.address}: not yet: ${stderr.trim()}`);
  }

  #jobFile(layout: RemoteLayout, dataset: string): string {
    const { job } = this.#options;
    const { use, processes, mixedPrecision, configFile } = job.accelerate;
    return JSON.stringify({
      format: 1,
      train_args: job.trainArgs,
      command: job.command,
      dataset,
      store: job.store,
      keep_last: job.keepLast,
      accelerate: {
        use: use === 'auto' ? null : use === 'on',
        processes,
        mixed_precision: mixedPrecision,
        config_file: configFile === null ? null : layout.acceleratorConfig,
      },
      preemption_notice: job.preemptionNotice,
    });
  }

  #progress(what: string): (progress: UploadProgress) => void {
    let shown = -1;
    return ({ sentBytes, totalBytes }) => {
      const percent = Math.floor((100 * sentBytes) / Math.max(totalBytes, 1));
      if (percent === shown || (percent % 5 !== 0 && percent !== 100)) return;
      shown = percent;
      this.#options.onProgress?.(`sending the ${what}: ${percent} % of ${(totalBytes / 1e6).toFixed(1)} MB`);
    };
  }
}

/** Without what a cut at some byte left of the last character. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue; // inside of a character
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
