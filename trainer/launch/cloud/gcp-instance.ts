/** Compute Engine's instances, as its REST API v1 writes them (cloud.google.com/compute/docs/reference/rest/v1). */
import { z } from 'zod';
import type { CreateRequest, Machine, MachineState, Offer } from '../remote/ports.ts';
import { startupScript } from '../ssh/dead-mans-guard.ts';
import { KEY_COMMENT } from '../ssh/key-file.ts';

export const instanceSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  /** A URL that ends in the zone's name. */
  zone: z.string(),
  machineType: z.string(),
  status: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
  lastStartTimestamp: z.string().optional(),
  networkInterfaces: z
    .array(
      z.looseObject({
        networkIP: z.string().optional(),
        accessConfigs: z.array(z.looseObject({ natIP: z.string().optional() })).optional(),
      }),
    )
    .optional(),
  guestAccelerators: z
    .array(z.looseObject({ acceleratorType: z.string(), acceleratorCount: z.number() }))
    .optional(),
  scheduling: z.looseObject({ provisioningModel: z.string().optional() }).optional(),
  serviceAccounts: z
    .array(z.looseObject({ email: z.string(), scopes: z.array(z.string()).optional() }))
    .optional(),
  metadata: z
    .looseObject({
      fingerprint: z.string().optional(),
      items: z.array(z.looseObject({ key: z.string(), value: z.string().optional() })).optional(),
    })
    .optional(),
});
export type GcpInstance = z.infer<typeof instanceSchema>;

const STATES: Readonly<Record<string, MachineState>> = {
  PENDING: 'starting',
  PROVISIONING: 'starting',
  STAGING: 'starting',
  RUNNING: 'running',
  STOPPING: 'stopping',
  SUSPENDING: 'stopping',
  DEPROVISIONING: 'stopping',
  REPAIRING: 'stopping',
  STOPPED: 'stopped',
  SUSPENDED: 'stopped',
  TERMINATED: 'stopped',
};

export function machineOf(instance: GcpInstance, preempted: boolean, offer: Offer): Machine {
  const { name, labels = {} } = instance;
  const [network] = instance.networkInterfaces ?? [];
  return {
    id: name,
    name,
    zone: lastPart(instance.zone),
    // What nobody knows is not running.
    state: STATES[instance.status] ?? 'stopping',
    address: network?.accessConfigs?.[0]?.natIP ?? network?.networkIP ?? null,
    preempted,
    labels,
    offer,
  };
}

export interface GcpImage {
  image: string;
  diskGb: number;
  spot: boolean;
  /** E-mail; null: the project's default one. */
  serviceAccount: string | null;
  /** Who logs in by ssh. */
  user: string;
}

/** Of GPUs that a machine type does not bring along. */
const ATTACHED: Readonly<Record<string, string>> = {
  T4: 'nvidia-tesla-t4',
  V100: 'nvidia-tesla-v100',
  P100: 'nvidia-tesla-p100',
};

/** What Compute Engine takes for maxRunDuration: 30 s to 120 days. */
const LONGEST_RUN_S = 120 * 24 * 3600;

export function insertBody(
  request: CreateRequest,
  { image, diskGb, spot, serviceAccount, user }: GcpImage,
): object {
  const { offer, name, labels, maxRunS, deadManS, publicKey } = request;
  const attached = offer.type.startsWith('n1-') ? ATTACHED[offer.gpu] : undefined;
  return {
    name,
    labels,
    machineType: `zones/${offer.zone}/machineTypes/${offer.type}`,
    scheduling: {
      provisioningModel: spot ? 'SPOT' : 'STANDARD',
      automaticRestart: false,
      onHostMaintenance: 'TERMINATE',
      // Stopped, it can be started again with its environment; its disk costs until it is deleted.
      instanceTerminationAction: 'STOP',
      maxRunDuration: { seconds: `${Math.min(Math.max(Math.ceil(maxRunS), 30), LONGEST_RUN_S)}` },
    },
    disks: [
      {
        boot: true,
        autoDelete: true,
        initializeParams: {
          sourceImage: image,
          diskSizeGb: `${diskGb}`,
          diskType: `zones/${offer.zone}/diskTypes/pd-balanced`,
          labels,
        },
      },
    ],
    networkInterfaces: [
      {
        network: 'global/networks/default',
        accessConfigs: [{ type: 'ONE_TO_ONE_NAT', name: 'External NAT' }],
      },
    ],
    ...(attached === undefined
      ? {}
      : {
          guestAccelerators: [
            {
              acceleratorType: `zones/${offer.zone}/acceleratorTypes/${attached}`,
              acceleratorCount: offer.gpus,
            },
          ],
        }),
    // The default storage scope is read-only: uploads would fail with 403 in spite of the role.
    serviceAccounts: [
      { email: serviceAccount ?? 'default', scopes: ['https://www.googleapis.com/auth/cloud-platform'] },
    ],
    metadata: {
      items: [
        { key: 'ssh-keys', value: `${user}:${publicKey}` },
        // With OS Login on, keys in the metadata are ignored.
        { key: 'enable-oslogin', value: 'FALSE' },
        { key: 'block-project-ssh-keys', value: 'TRUE' },
        { key: 'install-nvidia-driver', value: 'True' },
        { key: 'startup-script', value: startupScript({ deadManS }) },
      ],
    },
  };
}

/** The metadata with this user's key in it, or undefined when it is there already. */
export function metadataWithKey(instance: GcpInstance, user: string, publicKey: string): object | undefined {
  const items = instance.metadata?.items ?? [];
  const line = `${user}:${publicKey}`;
  const keys = items.find(({ key }) => key === 'ssh-keys')?.value ?? '';
  if (keys.split('\n').includes(line)) return undefined;
  const others = items.filter(({ key }) => key !== 'ssh-keys');
  const value = [...keys.split('\n').filter(Boolean), line].join('\n');
  return { fingerprint: instance.metadata?.fingerprint, items: [...others, { key: 'ssh-keys', value }] };
}

/** The metadata without the key, if it is one that was made here; undefined when there is nothing to take away. */
export function metadataWithoutKey(
  instance: GcpInstance,
  user: string,
  publicKey: string,
): object | undefined {
  if (!publicKey.endsWith(` ${KEY_COMMENT}`)) return undefined;
  const items = instance.metadata?.items ?? [];
  const lines = items.find(({ key }) => key === 'ssh-keys')?.value?.split('\n') ?? [];
  const kept = lines.filter((line) => line !== `${user}:${publicKey}`);
  if (kept.length === lines.length) return undefined;
  const others = items.filter(({ key }) => key !== 'ssh-keys');
  const keys = kept.length > 0 ? [{ key: 'ssh-keys', value: kept.join('\n') }] : [];
  return { fingerprint: instance.metadata?.fingerprint, items: [...others, ...keys] };
}

export function lastPart(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
