/** Every fault is told at once, with a command that mends it; each check against answers as the services give them. */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type GoogleAccess, gcpChecks, loginCheck } from '../../trainer/launch/preflight/google-checks.ts';
import {
  type HostFacts,
  hostFactsScript,
  hostFindings,
  parseHostFacts,
} from '../../trainer/launch/preflight/host-checks.ts';
import { hubCheck } from '../../trainer/launch/preflight/hub-check.ts';
import {
  assertPreflight,
  fault,
  faultsOf,
  note,
  type PreflightCheck,
  preflightText,
  runPreflight,
  warning,
} from '../../trainer/launch/preflight/run-checks.ts';
import { verdaCheck } from '../../trainer/launch/preflight/verda-check.ts';
import type { GcpPlace, VerdaPlace } from '../../trainer/launch/remote/run-plan.ts';

const check = (name: string, run: PreflightCheck['run']): PreflightCheck => ({ name, run });
const nowMs = (): number => 0;

/** Answers by the beginning of "METHOD path"; anything else is a fault of the test. */
function server(answers: Record<string, [number, unknown]>): { fetch: typeof fetch; asked: string[] } {
  const asked: string[] = [];
  const answer = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const line = `${init?.method ?? 'GET'} ${new URL(String(url)).pathname}`;
    asked.push(line);
    const found = Object.entries(answers).find(([key]) => line === key);
    if (!found) throw new Error(`nobody expected ${line}`);
    const [status, body] = found[1];
    return new Response(body === null ? null : JSON.stringify(body), { status });
  };
  return { fetch: answer as typeof fetch, asked };
}

describe('a preflight', () => {
  it('tells all faults at once, and what threw is one of them', async () => {
    const report = await runPreflight(
      [
        check('one', async () => [fault('a: mend a')]),
        check('two', async () => {
          throw new Error('b: mend b');
        }),
        check('three', async () => [warning('dear'), note('fine')]),
      ],
      { nowMs },
    );
    expect(faultsOf(report)).toEqual(['a: mend a', 'b: mend b']);
    expect(() => assertPreflight(report)).toThrow(
      '2 things are in the way, nothing was rented:\n  - a: mend a\n  - b: mend b',
    );
    expect(preflightText(report)).toMatch(
      /one\s+NO\n.*fault: a: mend a[\s\S]*three\s+ok {2}fine\n.*warning: dear/,
    );
  });

  it('waits for no check for ever', async () => {
    let aborted = false;
    const report = await runPreflight(
      [
        check('slow', (signal) => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
          return new Promise(() => {});
        }),
      ],
      { nowMs, limitMs: 20 },
    );
    expect(faultsOf(report)[0]).toMatch(/^slow: no answer within 0.02 s/);
    expect(aborted).toBe(true);
  });

  it('waits for one that asks no network until it has ended', async () => {
    const long = check('long', () => new Promise((resolve) => setTimeout(() => resolve([note('read')]), 60)));
    const report = await runPreflight([{ ...long, isUnlimited: true }], { nowMs, limitMs: 20 });
    expect(report.results[0].findings).toEqual([note('read')]);
  });

  it('lets warnings pass', async () => {
    assertPreflight(await runPreflight([check('one', async () => [warning('dear')])], { nowMs }));
  });
});

const PLACE = { project: 'p', zones: ['us-central1-a', 'europe-west4-b'], gpu: 'A100', gpus: 2, spot: true };
const gcpPlace = (more: Partial<GcpPlace> = {}): GcpPlace =>
  ({ ...PLACE, instance: null, ...more }) as GcpPlace;
const google = (
  answers: Record<string, [number, unknown]>,
  more: Partial<GoogleAccess> = {},
): GoogleAccess => ({
  fetch: server({ 'HEAD /discovery/v1/apis': [200, null], ...answers }).fetch,
  computeEndpoint: 'http://compute',
  token: async () => 't',
  kind: async () => 'service-account',
  ...more,
});
const faultsIn = async (checks: readonly PreflightCheck[]): Promise<string[]> =>
  faultsOf(await runPreflight(checks, { nowMs }));

describe('google', () => {
  const limits = { maxHours: 24 } as Parameters<typeof loginCheck>[1]['limits'];
  it("refuses a person's login for a run of more than an hour, and says what to use", async () => {
    const kind = async () => 'user' as const;
    expect(await faultsIn([loginCheck(google({}, { kind }), { limits })])).toEqual([
      expect.stringMatching(/ends within hours.*24 h: gcloud iam service-accounts keys create/),
    ]);
    expect(
      await faultsIn([loginCheck(google({}, { kind }), { limits: { ...limits, maxHours: 1 } })]),
    ).toEqual([]);
  });

  it('asks for a new token, as a remembered one does not tell that the login has ended', async () => {
    const token = async (fresh?: boolean): Promise<string> => {
      if (fresh) throw new Error('invalid_grant: make a new key');
      return 'remembered';
    };
    expect(await faultsIn([loginCheck(google({}, { token }), { limits })])).toEqual([
      'invalid_grant: make a new key',
    ]);
  });

  const instance = '/compute/v1/projects/p/zones/us-central1-a/instances/vm';
  const onInstance = (scopes: string[], permissions: string[]): Promise<string[]> => {
    const access = google({
      [`GET ${instance}`]: [
        200,
        {
          status: 'TERMINATED',
          serviceAccounts: [
            { email: 'e@x', scopes: scopes.map((s) => `https://www.googleapis.com/auth/${s}`) },
          ],
        },
      ],
      [`POST ${instance}/testIamPermissions`]: [200, { permissions }],
    });
    return faultsIn(gcpChecks(access, gcpPlace({ instance: 'vm', zones: ['us-central1-a'] }), true));
  };
  const ALL = ['get', 'start', 'stop', 'setMetadata'].map((what) => `compute.instances.${what}`);

  it('sees that the machine may only read storage, whatever its role is', async () => {
    expect(await onInstance(['devstorage.read_only', 'logging.write'], ALL)).toEqual([
      expect.stringMatching(
        /storage scope of vm is devstorage.read_only.*set-service-account vm.*cloud-platform/,
      ),
    ]);
    expect(await onInstance(['cloud-platform'], ALL)).toEqual([]);
    expect(await onInstance(['devstorage.read_write'], ALL)).toEqual([]);
  });

  it('sees which permission on the instance is missing', async () => {
    expect(await onInstance(['cloud-platform'], ALL.slice(0, 1))).toEqual([
      expect.stringMatching(
        /lacks compute.instances.start, compute.instances.stop.*add-iam-policy-binding p/,
      ),
    ]);
  });

  it('says how to find an instance that is not there', async () => {
    const access = google({ [`GET ${instance}`]: [404, {}] });
    expect(
      await faultsIn(gcpChecks(access, gcpPlace({ instance: 'vm', zones: ['us-central1-a'] }), true)),
    ).toEqual([expect.stringContaining('gcloud compute instances list --project p')]);
  });

  const quota = (all: number, spot: [number, number]): Promise<string[]> => {
    const region = (limit: number): [number, unknown] => [
      200,
      { quotas: [{ metric: 'PREEMPTIBLE_NVIDIA_A100_GPUS', limit, usage: 0 }] },
    ];
    const access = google({
      'GET /compute/v1/projects/p': [200, { quotas: [{ metric: 'GPUS_ALL_REGIONS', limit: all, usage: 1 }] }],
      'GET /compute/v1/projects/p/regions/us-central1': region(spot[0]),
      'GET /compute/v1/projects/p/regions/europe-west4': region(spot[1]),
    });
    return faultsIn(gcpChecks(access, gcpPlace(), true));
  };

  it('knows the quota of spot machines and the one over all regions', async () => {
    expect(await quota(8, [0, 4])).toEqual([]);
    expect(await quota(8, [0, 1])).toEqual([
      expect.stringMatching(
        /PREEMPTIBLE_NVIDIA_A100_GPUS has 0 of 0 in us-central1, 1 of 1 in europe-west4.*iam-admin\/quotas/,
      ),
    ]);
    expect(await quota(2, [4, 4])).toEqual([expect.stringContaining('GPUS_ALL_REGIONS')]);
  });

  it('sees before a machine is made that the account may not make one', async () => {
    const asked = async (answer: [number, unknown]): Promise<string[]> => {
      const answers = { 'POST /v1/projects/p:testIamPermissions': answer };
      const access = google(answers, { resourceManagerEndpoint: 'http://manager' });
      return faultsIn(gcpChecks(access, gcpPlace({ gpu: '' }), true));
    };
    const some = ['compute.instances.get', 'compute.subnetworks.use'];
    expect(await asked([200, { permissions: some }])).toEqual([
      expect.stringMatching(/lacks compute.instances.create, compute.instances.delete.*--role/),
    ]);
    // That API may be off, which is no reason not to train.
    expect(await asked([403, { error: { message: 'API has not been used' } }])).toEqual([]);
  });

  it('tells what to do about a 403', async () => {
    const said = (message: string) =>
      faultsIn(
        gcpChecks(
          google({ [`GET ${instance}`]: [403, { error: { message } }] }),
          gcpPlace({ instance: 'vm', zones: ['us-central1-a'] }),
          true,
        ),
      );
    expect(await said('Compute Engine API has not been used in project p')).toEqual([
      expect.stringContaining('gcloud services enable compute.googleapis.com --project p'),
    ]);
    expect(await said("Required 'compute.instances.get'")).toEqual([
      expect.stringContaining('add-iam-policy-binding p'),
    ]);
  });
});

describe('the hub', () => {
  const hub = (answer: [number, unknown], writesTo?: string, token: string | undefined = 'hf_x') =>
    faultsIn([
      hubCheck(
        { fetch: server({ 'GET /api/whoami-v2': answer }).fetch, endpoint: 'http://hub', token },
        writesTo,
      ),
    ]);
  const who = (accessToken: object): [number, unknown] => [
    200,
    { name: 'me', orgs: [{ name: 'team' }], auth: { accessToken } },
  ];

  it.each([
    ['a token that ended', [401, {}], 'me/x', /refuses HF_TOKEN.*settings\/tokens/],
    ['a token that only reads', who({ role: 'read' }), 'me/x', /may only read.*settings\/tokens/],
    ["somebody else's repository", who({ role: 'write' }), 'you/x', /no member of you.*me or team/],
    [
      'a fine-grained token for another repository',
      who({
        role: 'fineGrained',
        fineGrained: { scoped: [{ entity: { name: 'me/y' }, permissions: ['repo.write'] }] },
      }),
      'me/x',
      /no write permission for me\/x/,
    ],
  ] as [string, [number, unknown], string, RegExp][])('refuses %s', async (_, answer, writesTo, message) => {
    expect(await hub(answer, writesTo)).toEqual([expect.stringMatching(message)]);
  });

  it('lets one pass that may write, or only read where nothing is written', async () => {
    expect(await hub(who({ role: 'write' }), 'team/x')).toEqual([]);
    expect(await hub(who({ role: 'read' }))).toEqual([]);
    const fineGrained = { scoped: [{ entity: { name: 'me' }, permissions: ['repo.write'] }] };
    expect(await hub(who({ role: 'fineGrained', fineGrained }), 'me/x')).toEqual([]);
    expect(await hub([200, {}], 'me/x', '')).toEqual([expect.stringContaining('HF_TOKEN is missing')]);
  });
});

describe('verda', () => {
  const place = { gpu: 'H100', gpus: 4, instanceTypes: [], spot: true } as unknown as VerdaPlace;
  const verda = (more: Record<string, [number, unknown]>, clientSecret = 's', wanted = place) => {
    const answers = {
      'POST /oauth2/token': [200, { access_token: 't' }],
      'GET /instance-types': [
        200,
        [
          { instance_type: '4H100.80S.176V', spot_price: '3.2', price_per_hour: '9' },
          { instance_type: '1H100.80S.30V', spot_price: '0.8' },
        ],
      ],
      'GET /balance': [200, { amount: 500, currency: 'usd' }],
      ...more,
    } as Record<string, [number, unknown]>;
    const access = { fetch: server(answers).fetch, endpoint: 'http://verda', clientId: 'c', clientSecret };
    return runPreflight([verdaCheck(access, wanted, 24)], { nowMs });
  };

  it('knows the type and what it costs', async () => {
    const report = await verda({});
    expect(faultsOf(report)).toEqual([]);
    expect(preflightText(report)).toContain('4H100.80S.176V, from $3.20 an hour');
  });

  it('tells a missing secret, a refused one, a type that is not there, and money that is spent', async () => {
    expect(faultsOf(await verda({}, ''))[0]).toMatch(/^VERDA_CLIENT_SECRET missing/);
    expect(faultsOf(await verda({ 'POST /oauth2/token': [401, {}] }))[0]).toMatch(/refuses VERDA_CLIENT_ID/);
    expect(faultsOf(await verda({}, 's', { ...place, gpus: 3 }))[0]).toMatch(/no instance with 3 H100/);
    expect(faultsOf(await verda({ 'GET /balance': [200, { amount: 0 }] }))[0]).toMatch(/add credit/);
    expect(preflightText(await verda({ 'GET /balance': [200, { amount: 20 }] }))).toMatch(/warning: .*76.80/);
  });
});

describe('a machine', () => {
  it('is read by a script that any sh runs', () => {
    const { stdout } = spawnSync('sh', ['-s', tmpdir()], { input: hostFactsScript(), encoding: 'utf8' });
    const facts = parseHostFacts(`Welcome!\n${stdout}`);
    expect(facts).toMatchObject({ system: 'Linux', folderWritable: true });
    expect(facts.freeBytes).toBeGreaterThan(0);
    expect(() => parseHostFacts('This account is not available.')).toThrow('POSIX shell');
  });

  const FACTS: HostFacts = {
    timeS: 1000,
    system: 'Linux',
    machine: 'x86_64',
    user: 'me',
    folderWritable: true,
    freeBytes: 100e9,
    memoryBytes: 64e9,
    missing: [],
    hasNvidiaSmi: true,
    gpus: [{ name: 'A100', memoryMib: 40960, driver: '570.86.15', usedMib: 3 }],
  };
  const WANTS = {
    folder: '/opt/brickyard',
    gpus: 1,
    datasetBytes: 1e9,
    installs: true,
    askedAtMs: 999_000,
    answeredAtMs: 1_001_000,
  };
  const told = (facts: Partial<HostFacts>, wants: Partial<typeof WANTS> = {}): string =>
    hostFindings({ ...FACTS, ...facts }, { ...WANTS, ...wants })
      .filter(({ kind }) => kind !== 'note')
      .map(({ kind, message }) => `${kind}: ${message}`)
      .join('\n');

  it('that is fine has no finding', () => expect(told({})).toBe(''));

  it.each<[string, Partial<HostFacts>, RegExp]>([
    ['no GPU that was paid for', { gpus: [] }, /^fault: 1 GPUs.*sudo reboot/],
    ['no driver', { gpus: [], hasNvidiaSmi: false }, /^fault: .*no nvidia-smi/],
    [
      'an old driver',
      { gpus: [{ name: 'T4', memoryMib: 15360, driver: '470.1', usedMib: 0 }] },
      /^fault: the driver there is 470.1.*nvidia-driver/,
    ],
    [
      'a GPU that somebody uses',
      { gpus: [{ name: 'A100', memoryMib: 40960, driver: '570.1', usedMib: 30000 }] },
      /^warning: A100 has 30000 MiB/,
    ],
    ['a full disk', { freeBytes: 20e9 }, /^fault: 20.0 GB are free.*24.0 GB are needed/],
    ['a wrong clock', { timeS: 700 }, /^fault: .*300 s behind.*set-ntp true/],
    [
      'a folder that it may not write',
      { folderWritable: false },
      /^fault: me may not write.*sudo install -d/,
    ],
    ['no tar', { missing: ['tar'] }, /^fault: .*no tar: sudo apt-get/],
  ])('tells %s', (_, facts, message) => {
    expect(told(facts)).toMatch(message);
  });

  it('may train on its CPU where no GPU was asked for', () => {
    expect(told({ gpus: [] }, { gpus: 0 })).toMatch(/^warning: .*CPU/);
  });
});
