/** GPUs by the names people use, and what the clouds call machines that have them. */
import { suggestion } from '../../../scenarios/nearest.ts';
import { InputError } from '../../../sim/errors.ts';

/** Machine types of Compute Engine by GPU and count (cloud.google.com/compute/docs/gpus). */
export const GCP_MACHINE_TYPES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  T4: { 1: 'n1-standard-8', 2: 'n1-standard-16', 4: 'n1-standard-32' },
  L4: { 1: 'g2-standard-8', 2: 'g2-standard-24', 4: 'g2-standard-48', 8: 'g2-standard-96' },
  A100: {
    1: 'a2-highgpu-1g',
    2: 'a2-highgpu-2g',
    4: 'a2-highgpu-4g',
    8: 'a2-highgpu-8g',
    16: 'a2-megagpu-16g',
  },
  'A100-80': { 1: 'a2-ultragpu-1g', 2: 'a2-ultragpu-2g', 4: 'a2-ultragpu-4g', 8: 'a2-ultragpu-8g' },
  H100: { 1: 'a3-highgpu-1g', 2: 'a3-highgpu-2g', 4: 'a3-highgpu-4g', 8: 'a3-highgpu-8g' },
  H200: { 8: 'a3-ultragpu-8g' },
  B200: { 8: 'a4-highgpu-8g' },
};

/** The first part of Verda's instance types: 4H100.80S.176V has four of H100. Which of them exist, its API says. */
export const VERDA_GPUS = [
  'V100',
  'RTX6000ADA',
  'A6000',
  'L40S',
  'A100',
  'H100',
  'H200',
  'B200',
  'B300',
  'GB300',
  'RTXPRO6000',
] as const;

/**
 * The name as the tables write it: case and a "GB" behind the memory do not matter.
 * @throws InputError that lists the provider's
 */
export function gpuNamed(text: string, provider: 'gcp' | 'verda'): string {
  const names = provider === 'gcp' ? Object.keys(GCP_MACHINE_TYPES) : [...VERDA_GPUS];
  const plain = (name: string): string =>
    name
      .toUpperCase()
      .replace(/^NVIDIA[- ]?/, '')
      .replace(/[\s_]+/g, '-')
      .replace(/(\d)GB?$/, '$1');
  const found = names.find((name) => plain(name) === plain(text));
  if (found) return found;
  throw new InputError(
    `--gpu is "${text}"${suggestion(plain(text), names) || ';'} ${provider} has ${names.join(', ')}`,
  );
}

/** @throws InputError when there is no such machine */
export function gcpMachineType(gpu: string, gpus: number): string {
  const types = GCP_MACHINE_TYPES[gpu];
  if (types[gpus]) return types[gpus];
  throw new InputError(
    `--gpus is ${gpus}; gcp has machines with ${Object.keys(types).join(', ')} of ${gpu}, or name one with --machine-type`,
  );
}
