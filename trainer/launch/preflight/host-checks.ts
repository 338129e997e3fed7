/** Whether a machine that answers by ssh can train: disk, GPU and driver, clock, programs. Pure: facts in, findings out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './run-checks.ts';
import { fault, note, warning } from './run-checks.ts';

export interface HostGpu {
  name: string;
  memoryMib: number;
  /** Such as 570.86. */
  driver: string;
  usedMib: number;
}

export interface HostFacts {
  timeS: number;
  system: string;
  machine: string;
  user: string;
  folderWritable: boolean;
  freeBytes: number | null;
  memoryBytes: number | null;
  missing: string[];
  hasNvidiaSmi: boolean;
  gpus: HostGpu[];
}

export interface HostWants {
  folder: string;
  /** GPUs that were paid for; 0 where none was asked for by name. */
  gpus: number;
  /** Of the dataset, or null where nobody knows yet. */
  datasetBytes: number | null;
  /** Whether Python and its packages are still to be installed there. */
  installs: boolean;
  /** By our clock, when the facts were asked for and when they came. */
  askedAtMs: number;
  answeredAtMs: number;
}

/** The environment (torch with CUDA, lerobot) unpacked and in uv's cache. */
const ENVIRONMENT_BYTES = 16e9;
/** Four checkpoints of act (52 million parameters and AdamW's two moments: 0.6 GB each), those being sent, the log. */
const RUN_BYTES = 6e9;
/** Any CUDA 12 runs on it (docs.nvidia.com/deploy/cuda-compatibility, minor version compatibility). */
const OLDEST_DRIVER = 525;
const MAX_SKEW_S = 60;

/** The script whose lines `parseHostFacts` reads. */
export function hostFactsScript(): string {
  return readFileSync(join(import.meta.dirname, 'host-facts.sh'), 'utf8');
}

/** @throws Error when the lines are something else, such as a login's greeting alone */
export function parseHostFacts(text: string): HostFacts {
  const lines = text.split('\n').map((line) => /^(\w+)=(.*)$/.exec(line.trim()));
  const all = (name: string): string[] => lines.flatMap((match) => (match?.[1] === name ? [match[2]] : []));
  const one = (name: string): string => all(name)[0] ?? '';
  const kib = (name: string): number | null => (/^\d+$/.test(one(name)) ? Number(one(name)) * 1024 : null);
  if (!/^\d{9,}$/.test(one('time_s')))
    throw new Error('the machine runs no POSIX shell for this user: log in by ssh and look');
  return {
    timeS: Number(one('time_s')),
    system: one('system'),
    machine: one('machine'),
    user: one('user'),
    folderWritable: one('folder') === 'writable',
    freeBytes: kib('free_kib'),
    memoryBytes: kib('memory_kib'),
    missing: all('missing'),
    hasNvidiaSmi: one('nvidia_smi') === 'yes',
    gpus: all('gpu').flatMap((line) => {
      const [name, memory, driver, used] = line.split(',').map((part) => part.trim());
      if (!driver || !/^\d+$/.test(memory)) return [];
      return [{ name, memoryMib: Number(memory), driver, usedMib: Number(used) || 0 }];
    }),
  };
}

export function hostFindings(facts: HostFacts, wants: HostWants): Finding[] {
  const found: Finding[] = [];
  if (facts.system !== 'Linux')
    found.push(fault(`the machine runs ${facts.system}; brickyard trains on Linux: name another --host`));
  if (!facts.folderWritable)
    found.push(
      fault(
        `${facts.user} may not write ${wants.folder} there: sudo install -d -o ${facts.user} ${wants.folder}, or another folder in train.remote.yaml`,
      ),
    );
  for (const name of facts.missing)
    found.push(
      fault(
        `the machine has no ${name}: sudo apt-get install -y ${name === 'setsid' ? 'util-linux' : 'coreutils tar'}`,
      ),
    );
  const needed = RUN_BYTES + (wants.installs ? ENVIRONMENT_BYTES : 0) + 2 * (wants.datasetBytes ?? 0);
  if (facts.freeBytes !== null && facts.freeBytes < needed)
    found.push(
      fault(
        `${gigabytes(facts.freeBytes)} are free for ${wants.folder} there, ${gigabytes(needed)} are needed: remove what is old, or another folder or disk_gb in train.remote.yaml`,
      ),
    );
  const skewS = Math.round(facts.timeS - (wants.askedAtMs + wants.answeredAtMs) / 2000);
  const slackS = (wants.answeredAtMs - wants.askedAtMs) / 2000 + MAX_SKEW_S;
  if (Math.abs(skewS) > slackS)
    found.push(
      fault(
        `the machine's clock is ${Math.abs(skewS)} s ${skewS > 0 ? 'ahead of' : 'behind'} this one, more than ${MAX_SKEW_S} s: sudo timedatectl set-ntp true`,
      ),
    );
  return [...found, ...gpuFindings(facts, wants)];
}

function gpuFindings({ gpus, hasNvidiaSmi }: HostFacts, wants: HostWants): Finding[] {
  if (gpus.length === 0) {
    const why = hasNvidiaSmi
      ? 'nvidia-smi sees none: sudo reboot, or reinstall the driver'
      : 'it has no nvidia-smi';
    if (wants.gpus > 0) return [fault(`${wants.gpus} GPUs are wanted and the machine shows none; ${why}`)];
    return [warning(`the machine shows no GPU (${why}), so that it trains on its CPU`)];
  }
  const found: Finding[] = [note(gpus.map(({ name }) => name).join(', '))];
  if (gpus.length < wants.gpus)
    found.push(
      fault(
        `${wants.gpus} GPUs are wanted and nvidia-smi shows ${gpus.length}: sudo reboot, or --gpus ${gpus.length}`,
      ),
    );
  const old = gpus.find(({ driver }) => Number.parseInt(driver, 10) < OLDEST_DRIVER);
  if (old)
    found.push(
      fault(
        `the driver there is ${old.driver}, the trainer's PyTorch needs ${OLDEST_DRIVER}: sudo apt-get install -y nvidia-driver-570-server`,
      ),
    );
  const busy = gpus.filter(({ usedMib, memoryMib }) => usedMib > memoryMib / 4);
  if (busy.length > 0)
    found.push(
      warning(
        `${busy.map(({ name, usedMib }) => `${name} has ${usedMib} MiB in use`).join(', ')}: nvidia-smi on the machine says by whom`,
      ),
    );
  return found;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
