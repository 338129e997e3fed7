/** JSON over HTTP to a cloud's API: one try, every way of no answer a `transient` fault. Who retries is the supervisor. */
import { CloudError } from '../remote/ports.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A login; `fresh` asks for a new token although the last one has not expired, because it was refused. */
export type Token = (fresh: boolean) => Promise<string | null>;

export interface RestOptions {
  base: string;
  token: Token;
  fetch?: Fetch;
}

export interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Behind the base. */
  path: string;
  query?: Readonly<Record<string, string>>;
  body?: unknown;
}

export interface RestAnswer {
  status: number;
  text: string;
  /** Undefined when it is no JSON. */
  json: unknown;
}

/** Shorter than what the supervisor gives a whole request, which may be several of these. */
export const REST_DEFAULTS = { timeoutMs: 20_000 } as const;

const UNAUTHORIZED = 401;

export class RestClient {
  readonly #options: RestOptions;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  /** Whatever the status; a refused token is renewed once. @throws CloudError `transient`, or of the token */
  async send(request: RestRequest): Promise<RestAnswer> {
    const answer = await this.#once(request, false);
    return answer.status === UNAUTHORIZED ? this.#once(request, true) : answer;
  }

  async #once({ method, path, query, body }: RestRequest, fresh: boolean): Promise<RestAnswer> {
    const token = await this.#options.token(fresh);
    const search = query && Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : '';
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'brickyard' };
    if (token !== null) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      const response = await (this.#options.fetch ?? fetch)(`${this.#options.base}${path}${search}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(REST_DEFAULTS.timeoutMs),
        redirect: 'error',
      });
      const text = await response.text();
      return { status: response.status, text, json: parsed(text) };
    } catch (error) {
      throw new CloudError(
        'transient',
        `${new URL(this.#options.base).host} gave no answer: ${reason(error)}`,
      );
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reason(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error };
  return cause?.message ?? message;
}
