/**
 * Requests to the Hugging Face Hub (https://huggingface.co/docs/hub/api): the token, which no other host is given,
 * redirects, what an answer's status means, and trying again.
 */
import { StoreError } from '../remote/ports.ts';
import { bodyOf, exchange, type HttpAnswer, type HttpRequest, retryAfterMs } from './http-exchange.ts';
import { DEFAULT_RETRY, type RetryPolicy, retried, TransientFault } from './retry.ts';

export interface HubAccess {
  repoType: 'model' | 'dataset';
  /** owner/name. */
  repo: string;
  endpoint: string;
  token: string | null;
  retry?: RetryPolicy;
}

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;

export class HubConnection {
  /** As the user writes it. */
  readonly url: string;
  readonly repo: string;
  readonly repoType: 'model' | 'dataset';
  readonly endpoint: string;
  readonly retry: RetryPolicy;
  private readonly token: string | null;

  constructor({ repoType, repo, endpoint, token, retry = DEFAULT_RETRY }: HubAccess) {
    this.url = `hf://${repoType === 'dataset' ? 'datasets/' : ''}${repo}`;
    this.repoType = repoType;
    this.repo = repo;
    this.endpoint = endpoint.replace(/\/+$/, '');
    this.retry = retry;
    this.token = token;
  }

  /** Below the API of this repository. */
  api(path: string): string {
    return `${this.endpoint}/api/${this.repoType}s/${this.repo}/${path}`;
  }

  /** Below its git and file addresses. */
  files(path: string): string {
    return `${this.endpoint}/${this.repoType === 'dataset' ? 'datasets/' : ''}${this.repo}${path}`;
  }

  /** One try. Answers whose status is not in `expected` become StoreErrors. */
  async once(request: HttpRequest | (() => HttpRequest), expected: readonly number[]): Promise<HttpAnswer> {
    const wanted = typeof request === 'function' ? request() : request;
    let url = wanted.url;
    for (let redirects = 0; ; redirects++) {
      const answer = await exchange({ ...wanted, url, headers: { ...wanted.headers, ...this.login(url) } });
      const { location } = answer.headers;
      const leadsOn = wanted.method === 'GET' && REDIRECTS.includes(answer.status) && location !== undefined;
      if (!leadsOn || redirects === MOST_REDIRECTS) {
        if (expected.includes(answer.status)) return answer;
        throw await this.faultOf(answer);
      }
      await bodyOf(answer);
      url = new URL(location, url).href;
    }
  }

  request(request: HttpRequest | (() => HttpRequest), expected: readonly number[]): Promise<HttpAnswer> {
    return retried(this.retry, () => this.once(request, expected));
  }

  /** The answer's JSON, and its headers. */
  async json<T>(
    request: HttpRequest,
    expected: readonly number[] = [200],
  ): Promise<{ value: T; answer: HttpAnswer }> {
    return retried(this.retry, async () => {
      const answer = await this.once(request, expected);
      return { value: JSON.parse((await bodyOf(answer)).toString('utf8')) as T, answer };
    });
  }

  post<T>(url: string, value: unknown, headers: Record<string, string> = {}): Promise<{ value: T }> {
    const body = Buffer.from(JSON.stringify(value));
    return this.json<T>({
      method: 'POST',
      url,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  private login(url: string): Record<string, string> {
    if (this.token === null || new URL(url).origin !== new URL(this.endpoint).origin) return {};
    return { authorization: `Bearer ${this.token}` };
  }

  private async faultOf(answer: HttpAnswer): Promise<StoreError> {
    const { status } = answer;
    const text = (await bodyOf(answer).catch(() => Buffer.alloc(0))).toString('utf8');
    const said = `${status} ${answer.headers['x-error-message'] ?? errorIn(text)}`.trim();
    if (status === 408 || status === 429 || status >= 500)
      return new TransientFault(`${this.url} is busy (${said})`, retryAfterMs(answer.headers));
    if (status === 401)
      // Of a repository that this token may not see the Hub says 401, whether there is one or not.
      return new StoreError(
        'credentials',
        `${this.url} is not open to this login (${said}): set HF_TOKEN to a token that may write it, and create the repository`,
      );
    if (status === 403)
      return new StoreError(
        'permission',
        `${this.url} may not be written (${said}): give the token the role "write" at https://huggingface.co/settings/tokens`,
      );
    if (status === 404)
      return new StoreError('not-found', `${this.url} has no such file or is none (${said})`);
    if (status === 409 || status === 412)
      return new StoreError('conflict', `${this.url}: somebody else wrote it first (${said})`);
    if (status === 413 || status === 507)
      return new StoreError('full', `${this.url} takes no more (${said})`);
    return new StoreError('permission', `${this.url} did not do it (${said})`);
  }
}

function errorIn(text: string): string {
  try {
    return `${JSON.parse(text).error ?? ''}`.split('\n')[0].slice(0, 300);
  } catch {
    return '';
  }
}
