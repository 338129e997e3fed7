/**
 * Requests to the JSON API of Google Cloud Storage: the token, its renewal, what an answer's status means
 * (https://cloud.google.com/storage/docs/json_api/v1/status-codes), and trying again.
 */
import { StoreError } from '../remote/ports.ts';
import type { TokenSource } from './google-token.ts';
import { bodyOf, exchange, type HttpAnswer, type HttpRequest, retryAfterMs } from './http-exchange.ts';
import { DEFAULT_RETRY, type RetryPolicy, retried, TransientFault } from './retry.ts';
import type { UploadSessions } from './upload-sessions.ts';

export interface GcsAccess {
  bucket: string;
  endpoint: string;
  token: TokenSource;
  retry?: RetryPolicy;
  /** Remembers uploads across processes; without it a killed one's object is sent from its beginning. */
  sessions?: UploadSessions;
}

export class GcsConnection {
  readonly bucket: string;
  readonly endpoint: string;
  readonly retry: RetryPolicy;
  readonly sessions: UploadSessions | undefined;
  private readonly token: TokenSource;

  constructor({ bucket, endpoint, token, retry = DEFAULT_RETRY, sessions }: GcsAccess) {
    this.sessions = sessions;
    this.bucket = bucket;
    this.endpoint = endpoint.replace(/\/+$/, '');
    this.retry = retry;
    this.token = token;
  }

  /** `query` without what is undefined. */
  url(path: string, query: Record<string, string | undefined> = {}): string {
    const set = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const text = new URLSearchParams(set).toString();
    return `${this.endpoint}${path}${text && `?${text}`}`;
  }

  objectUrl(name: string, query: Record<string, string | undefined> = {}): string {
    return this.url(`/storage/v1/b/${this.bucket}/o/${encodeURIComponent(name)}`, query);
  }

  /**
   * One try, with a new token when the first was refused. Answers whose status is not in `expected` become StoreErrors.
   * @param request is a function where it has a stream, which is sent once
   */
  async once(request: HttpRequest | (() => HttpRequest), expected: readonly number[]): Promise<HttpAnswer> {
    for (let refused = false; ; refused = true) {
      const token = await this.token.token(refused);
      const wanted = typeof request === 'function' ? request() : request;
      const headers = { ...wanted.headers, ...(token !== null && { authorization: `Bearer ${token}` }) };
      const answer = await exchange({ ...wanted, headers });
      if (expected.includes(answer.status)) return answer;
      const fault = await this.faultOf(answer);
      if (answer.status !== 401 || refused) throw fault;
    }
  }

  /** `once` until it goes well or the policy gives up. */
  request(request: HttpRequest | (() => HttpRequest), expected: readonly number[]): Promise<HttpAnswer> {
    return retried(this.retry, () => this.once(request, expected));
  }

  private async faultOf(answer: HttpAnswer): Promise<StoreError> {
    const { status } = answer;
    const { reason, message } = errorIn((await bodyOf(answer).catch(() => Buffer.alloc(0))).toString('utf8'));
    const where = `gs://${this.bucket}`;
    const said = `${status}${reason && ` ${reason}`}${message && `: ${message}`}`;
    if (status === 401)
      return new StoreError(
        'credentials',
        `${where} refused the login (${said}): log in again, or use a service account`,
      );
    // https://cloud.google.com/storage/docs/request-rate: two of the 403s are about the rate
    if (status === 408 || status === 429 || status >= 500 || /RateLimitExceeded$/i.test(reason))
      return new TransientFault(`${where} is busy (${said})`, retryAfterMs(answer.headers));
    if (status === 403)
      return new StoreError(
        'permission',
        `${where} may not be used (${said}): give the account roles/storage.objectAdmin on it and, on a VM, the access scope cloud-platform`,
      );
    if (status === 404 || status === 410)
      return new StoreError('not-found', `${where} has no such object or bucket (${said})`);
    if (status === 412 || status === 304)
      return new StoreError('conflict', `${where}: somebody else wrote it first (${said})`);
    if (status === 413 || /quota/i.test(reason))
      return new StoreError('full', `${where} takes no more (${said})`);
    // 400 where the bytes are not those of the md5 that went with them
    if (status === 400 && /md5|crc32c|checksum|hash/i.test(message))
      return new TransientFault(`${where}: ${said}`);
    return new StoreError('permission', `${where} did not do it (${said})`);
  }
}

function errorIn(text: string): { reason: string; message: string } {
  try {
    const { error } = JSON.parse(text);
    return {
      reason: error.errors?.[0]?.reason ?? '',
      message: `${error.message ?? ''}`.split('\n')[0].slice(0, 300),
    };
  } catch {
    return { reason: '', message: '' };
  }
}

/** As the API writes digests. */
export function base64(hexadecimal: string): string {
  return Buffer.from(hexadecimal, 'hex').toString('base64');
}
