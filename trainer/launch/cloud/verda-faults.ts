/** What Verda's refusals mean: {code, message} with codes of its SDKs, and messages that dstack learnt to know. */
import { CloudError } from '../remote/ports.ts';
import type { RestAnswer } from './rest.ts';

export function verdaFault({ status, json, text }: RestAnswer, what: string): CloudError {
  const { code = `${status}`, message = text.slice(0, 200) } = (json ?? {}) as {
    code?: string;
    message?: string;
  };
  const sentence = `Verda, ${what}: ${code}: ${`${message}`.split('\n')[0]}`;
  if (status === 401)
    return new CloudError(
      'credentials',
      `${sentence}; make new API credentials and put them into .env`,
      'everywhere',
    );
  if (code === 'insufficient_funds')
    return new CloudError(
      'permission',
      `${sentence}; the account has no money left: top it up`,
      'everywhere',
    );
  // Quota and stock: at creation both come as messages.
  if (/quota|limit (is )?(reached|exceeded)|maximum number/i.test(message))
    return new CloudError('quota', `${sentence}; ask Verda's support for more`, 'everywhere');
  if (code === 'service_unavailable' || /no capacity|not enough|out of stock|not available/i.test(message))
    return new CloudError('stockout', sentence);
  // dstack#3031: a machine that is being provisioned cannot be deleted yet.
  if (/can't discontinue a (new|ordered|provisioning|validating|pending)/i.test(message))
    return new CloudError('busy', sentence);
  if (isGoneMessage(message) || status === 404 || code === 'not_found')
    return new CloudError('not-found', sentence);
  if (status === 403 || code === 'forbidden_action')
    return new CloudError('permission', `${sentence}; the API credentials may not do this`, 'everywhere');
  if (status === 429 || status >= 500 || status === 408) return new CloudError('transient', sentence);
  return new CloudError('invalid', sentence);
}

/** Of a delete this is success. */
function isGoneMessage(message: string): boolean {
  return /can't discontinue a (discontinued|deleting|notfound)|invalid instance id/i.test(message);
}
