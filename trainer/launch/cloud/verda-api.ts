/** Verda's REST API (ex DataCrunch), as its SDKs use it: tokens, and the requests that this project needs. */
import { z } from 'zod';
import { CloudError } from '../remote/ports.ts';
import { type Fetch, type RestAnswer, RestClient, type RestRequest } from './rest.ts';
import { verdaFault } from './verda-faults.ts';

export const VERDA_BASE = 'https://api.verda.com/v1';

export interface VerdaLogin {
  clientId: string;
  clientSecret: string;
}

export interface VerdaApiOptions {
  login: VerdaLogin;
  nowMs(): number;
  base?: string;
  fetch?: Fetch;
}

/** Before its end, so that no request meets it. */
const TOKEN_MARGIN_MS = 60_000;

/** Prices come as strings or numbers. */
const price = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    const number = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
    return Number.isFinite(number) ? number : null;
  });
const tokenSchema = z.looseObject({
  access_token: z.string(),
  refresh_token: z.string().optional(),
  expires_in: z.number(),
});
const instanceSchema = z.looseObject({
  id: z.string(),
  hostname: z.string(),
  description: z.string().nullish(),
  tags: z.array(z.union([z.string(), z.looseObject({ name: z.string().optional() })])).nullish(),
  ip: z.string().nullish(),
  status: z.string(),
  location: z.string().nullish(),
  instance_type: z.string(),
  is_spot: z.boolean().nullish(),
  os_volume_id: z.string().nullish(),
  price_per_hour: price,
});
const volumeSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  location: z.string().nullish(),
  instance_id: z.string().nullish(),
  is_os_volume: z.boolean().nullish(),
  size: z.number().nullish(),
});
const typeSchema = z.looseObject({
  instance_type: z.string(),
  model: z.string().nullish(),
  gpu: z.looseObject({ number_of_gpus: z.number() }).nullish(),
  price_per_hour: price,
  spot_price: price,
});
const availabilitySchema = z.looseObject({ location_code: z.string(), availabilities: z.array(z.string()) });
const namedSchema = z.looseObject({ id: z.string(), name: z.string() });

export type VerdaInstance = z.infer<typeof instanceSchema>;
export type VerdaVolume = z.infer<typeof volumeSchema>;
export type VerdaType = z.infer<typeof typeSchema>;

export class VerdaApi {
  readonly #options: VerdaApiOptions;
  readonly #rest: RestClient;
  readonly #login: RestClient;
  #asking: Promise<string> | undefined;
  #token: { text: string; refresh: string | undefined; endsMs: number } | undefined;

  constructor(options: VerdaApiOptions) {
    this.#options = options;
    const { base = VERDA_BASE, fetch } = options;
    this.#rest = new RestClient({ base, fetch, token: (fresh) => this.#oneToken(fresh) });
    this.#login = new RestClient({ base, fetch, token: async () => null });
  }

  instances(): Promise<VerdaInstance[]> {
    return this.#get('/instances', z.array(instanceSchema), 'listing instances');
  }

  /** Null when there is none of that id. */
  async instance(id: string): Promise<VerdaInstance | null> {
    return this.#find(`/instances/${encodeURIComponent(id)}`, instanceSchema, `looking at ${id}`);
  }

  /** @returns its id, which comes as plain text or as JSON */
  async createInstance(body: object, what: string): Promise<string> {
    const answer = await this.#demand({ method: 'POST', path: '/instances', body }, what);
    return idOf(answer, what);
  }

  /** One action on one instance. A 207 holds its own refusal. */
  async act(id: string, action: string, what: string, more: object = {}): Promise<void> {
    const answer = await this.#demand(
      { method: 'PUT', path: '/instances', body: { id: [id], action, ...more } },
      what,
    );
    if (answer.status !== 207) return;
    const results = partialSchema.safeParse(answer.json).data ?? [];
    const mine = results.find((result) => result.instance_id === id || result.id === id) ?? results[0];
    const status = mine?.status_code ?? mine?.statusCode ?? mine?.status;
    const isRefused = mine && (mine.error !== undefined || (typeof status === 'number' && status >= 300));
    if (!isRefused) return;
    const message = typeof mine.error === 'string' ? mine.error : (mine.error?.message ?? mine.message ?? '');
    const code = typeof mine.error === 'object' ? mine.error?.code : mine.code;
    throw verdaFault(
      { status: typeof status === 'number' ? status : 400, json: { code, message }, text: message },
      what,
    );
  }

  types(): Promise<VerdaType[]> {
    return this.#get('/instance-types', z.array(typeSchema), 'listing instance types', { currency: 'usd' });
  }

  /** Type names by location. Its SDKs do not agree on the parameter's name: both are sent. */
  async availability(isSpot: boolean): Promise<Map<string, string[]>> {
    const query = { is_spot: `${isSpot}`, isSpot: `${isSpot}` };
    const rows = await this.#get(
      '/instance-availability',
      z.array(availabilitySchema),
      'asking for stock',
      query,
    );
    return new Map(rows.map((row) => [row.location_code, row.availabilities]));
  }

  volumes(): Promise<VerdaVolume[]> {
    return this.#get('/volumes', z.array(volumeSchema), 'listing volumes');
  }

  async volume(id: string): Promise<VerdaVolume | null> {
    return this.#find(`/volumes/${encodeURIComponent(id)}`, volumeSchema, `looking at volume ${id}`);
  }

  async deleteVolume(id: string): Promise<void> {
    const body = { is_permanent: true };
    await this.#gone(
      { method: 'DELETE', path: `/volumes/${encodeURIComponent(id)}`, body },
      `deleting volume ${id}`,
    );
  }

  /** Of `/sshkeys` or `/scripts`. */
  named(kind: 'sshkeys' | 'scripts'): Promise<{ id: string; name: string }[]> {
    return this.#get(`/${kind}`, z.array(namedSchema), `listing ${kind}`);
  }

  /** The one of that name, made when there is none. */
  async ensureNamed(kind: 'sshkeys' | 'scripts', name: string, contents: object): Promise<string> {
    const found = (await this.named(kind)).find((one) => one.name === name);
    if (found) return found.id;
    const what = `making ${name} of ${kind}`;
    return idOf(
      await this.#demand({ method: 'POST', path: `/${kind}`, body: { name, ...contents } }, what),
      what,
    );
  }

  async deleteNamed(kind: 'sshkeys' | 'scripts', name: string): Promise<void> {
    for (const one of await this.named(kind))
      if (one.name === name)
        await this.#gone({ method: 'DELETE', path: `/${kind}/${one.id}` }, `deleting ${name} of ${kind}`);
  }

  /** What is left on the account, in USD; the cheapest proof that the login works. */
  async balance(): Promise<number | null> {
    const said = await this.#get('/balance', z.looseObject({ amount: price }), 'asking for the balance');
    return said.amount;
  }

  async #get<T>(
    path: string,
    schema: z.ZodType<T>,
    what: string,
    query?: Record<string, string>,
  ): Promise<T> {
    return read(await this.#demand({ method: 'GET', path, query }, what), schema, what);
  }

  async #find<T>(path: string, schema: z.ZodType<T>, what: string): Promise<T | null> {
    try {
      return await this.#get(path, schema, what);
    } catch (error) {
      if (error instanceof CloudError && error.fault === 'not-found') return null;
      throw error;
    }
  }

  async #gone(request: RestRequest, what: string): Promise<void> {
    try {
      await this.#demand(request, what);
    } catch (error) {
      if (!(error instanceof CloudError && error.fault === 'not-found')) throw error;
    }
  }

  async #demand(request: RestRequest, what: string): Promise<RestAnswer> {
    const answer = await this.#rest.send(request);
    if (answer.status < 200 || answer.status > 299) throw verdaFault(answer, what);
    return answer;
  }

  /** Requests that are made at once share one login: a refresh token is taken once. */
  async #oneToken(fresh: boolean): Promise<string> {
    this.#asking ??= this.#accessToken(fresh).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #accessToken(fresh: boolean): Promise<string> {
    const now = this.#options.nowMs();
    if (!fresh && this.#token && this.#token.endsMs - TOKEN_MARGIN_MS > now) return this.#token.text;
    const { clientId, clientSecret } = this.#options.login;
    const refresh = this.#token?.refresh;
    const whole = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    let answer: RestAnswer | undefined;
    if (refresh !== undefined && !fresh)
      answer = await this.#login.send({
        method: 'POST',
        path: '/oauth2/token',
        body: { grant_type: 'refresh_token', refresh_token: refresh },
      });
    // A refresh token that is no longer taken: all over again.
    if (answer === undefined || answer.status === 400 || answer.status === 401)
      answer = await this.#login.send({ method: 'POST', path: '/oauth2/token', body: whole });
    if (answer.status === 400 || answer.status === 401 || answer.status === 403)
      throw new CloudError(
        'credentials',
        'Verda does not take VERDA_CLIENT_ID and VERDA_CLIENT_SECRET: make new API credentials and put them into .env',
        'everywhere',
      );
    if (answer.status > 299) throw verdaFault(answer, 'logging in');
    const { access_token, refresh_token, expires_in } = read(answer, tokenSchema, 'logging in');
    this.#token = { text: access_token, refresh: refresh_token, endsMs: now + expires_in * 1000 };
    return access_token;
  }
}

const partialSchema = z.array(
  z.looseObject({
    id: z.string().optional(),
    instance_id: z.string().optional(),
    status: z.union([z.string(), z.number()]).optional(),
    status_code: z.number().optional(),
    statusCode: z.number().optional(),
    code: z.string().optional(),
    message: z.string().optional(),
    error: z
      .union([z.string(), z.looseObject({ code: z.string().optional(), message: z.string().optional() })])
      .optional(),
  }),
);

function idOf({ json, text }: RestAnswer, what: string): string {
  const id = typeof json === 'string' ? json : ((json as { id?: unknown } | undefined)?.id ?? text.trim());
  if (typeof id === 'string' && /^[\w-]{1,100}$/.test(id)) return id;
  throw new CloudError('transient', `Verda, ${what}: an answer that is no id: ${text.slice(0, 80)}`);
}

function read<T>({ json, text }: RestAnswer, schema: z.ZodType<T>, what: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CloudError('transient', `Verda, ${what}: an answer that is none: ${text.slice(0, 120)}`);
}
