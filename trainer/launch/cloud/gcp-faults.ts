/** What Compute Engine's refusals mean. Codes as SkyPilot's provisioner sorts them (sky/backends, sky/provision/gcp). */
import { CloudError, type CloudFault } from '../remote/ports.ts';
import type { RestAnswer } from './rest.ts';

type Scope = CloudError['scope'];

/** Codes of `operation.error.errors[]`; a stock-out comes there, behind an HTTP status of 200. */
const OPERATION_FAULTS: readonly [RegExp, CloudFault, Scope][] = [
  [/^ZONE_RESOURCE_POOL_EXHAUSTED(_WITH_DETAILS)?$|^insufficientCapacity$|^STOCKOUT$/, 'stockout', 'zone'],
  // Preempted while it was created.
  [/^UNSUPPORTED_OPERATION$/, 'stockout', 'zone'],
  // Still stopping.
  [/^RESOURCE_NOT_READY$|^resourceNotReady$|^RESOURCE_IN_USE_BY_ANOTHER_RESOURCE$/, 'busy', 'zone'],
  [/^QUOTA_EXCEEDED$|^quotaExceeded$/, 'quota', 'region'],
  [
    /^IAM_PERMISSION_DENIED$|^PERMISSIONS_ERROR$|^forbidden$|^accessNotConfigured$/,
    'permission',
    'everywhere',
  ],
  [/^RATE_LIMIT_EXCEEDED$|^rateLimitExceeded$|^INTERNAL_ERROR$|^backendError$/, 'transient', 'zone'],
  [/^RESOURCE_NOT_FOUND$|^notFound$/, 'not-found', 'zone'],
];

const REMEDIES: Partial<Record<CloudFault, string>> = {
  quota: 'ask for more at console.cloud.google.com/iam-admin/quotas, or name another region',
  permission: 'grant the account roles/compute.instanceAdmin.v1 and roles/iam.serviceAccountUser',
  credentials: 'log in again, best with a service account (GOOGLE_APPLICATION_CREDENTIALS)',
};

export interface OperationError {
  code: string;
  message?: string;
}

/** @param what "creating NAME in ZONE" */
export function operationFault(errors: readonly OperationError[], what: string): CloudError {
  const { code, message = '' } = errors[0] ?? { code: 'unknown' };
  return faultOf(code, message, what) ?? new CloudError('invalid', sentence(what, code, message));
}

/** Of an HTTP answer that is no success. */
export function httpFault({ status, json, text }: RestAnswer, what: string): CloudError {
  const error = (json as { error?: { message?: string; errors?: { reason?: string }[] } } | undefined)?.error;
  const code = error?.errors?.[0]?.reason ?? `${status}`;
  const message = error?.message ?? text.slice(0, 200);
  if (status === 401) return withRemedy('credentials', what, code, message, 'everywhere');
  if (status === 404) return withRemedy('not-found', what, code, message, 'zone');
  if (status === 429 || status >= 500) {
    // 503 may mean the zone's stock, too.
    const known = faultOf(code, message, what);
    return known?.fault === 'stockout' ? known : new CloudError('transient', sentence(what, code, message));
  }
  const known = faultOf(code, message, what);
  if (known) return known;
  if (status === 403) return withRemedy('permission', what, code, message, 'everywhere');
  return new CloudError('invalid', sentence(what, code, message));
}

function faultOf(code: string, message: string, what: string): CloudError | undefined {
  const row = OPERATION_FAULTS.find(([pattern]) => pattern.test(code));
  if (!row) return undefined;
  const [, fault, scope] = row;
  const isEverywhere = fault === 'quota' && message.includes('GPUS_ALL_REGIONS');
  return withRemedy(fault, what, code, message, isEverywhere ? 'everywhere' : scope);
}

function withRemedy(
  fault: CloudFault,
  what: string,
  code: string,
  message: string,
  scope: Scope,
): CloudError {
  const remedy = REMEDIES[fault];
  const text = sentence(what, code, message);
  return new CloudError(fault, remedy === undefined ? text : `${text}; ${remedy}`, scope);
}

function sentence(what: string, code: string, message: string): string {
  return `Compute Engine, ${what}: ${code}${message === '' ? '' : `: ${message.split('\n')[0].replace(/\.$/, '')}`}`;
}
