/** Google's access tokens, from whatever account Google's own library finds on this machine. */
import { BaseExternalAccountClient, Compute, GoogleAuth, JWT, UserRefreshClient } from 'google-auth-library';
import { CloudError, StoreError } from '../remote/ports.ts';

export const GOOGLE_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

export interface TokenSource {
  /**
   * An access token, null for a server that wants none.
   * @param fresh gets a new one although the last has not expired: it was refused
   * @throws StoreError `credentials`
   */
  token(fresh?: boolean): Promise<string | null>;
}

/** A user's login ends with its session, after 1 to 24 hours, and takes a run that lasts longer with it. */
export type GoogleAccountKind = 'service-account' | 'workload-identity' | 'attached' | 'user' | 'other';

/** One per process: it keeps the token until shortly before its end. */
export function googleTokens(scope = GOOGLE_SCOPE): TokenSource & { kind(): Promise<GoogleAccountKind> } {
  // Without a project the library looks for one, by gcloud and the network, for half a minute; nothing here uses it.
  const newAuth = () => new GoogleAuth({ scopes: [scope], projectId: 'not-asked-for' });
  let auth = newAuth();
  return {
    async token(fresh = false) {
      if (fresh) auth = newAuth(); // with nothing remembered
      try {
        const token = await auth.getAccessToken();
        if (token) return token;
      } catch (error) {
        throw new StoreError('credentials', loginFault(error));
      }
      throw new StoreError('credentials', loginFault(undefined));
    },
    async kind() {
      try {
        return kindOf(await auth.getClient());
      } catch (error) {
        throw new CloudError('credentials', loginFault(error), 'everywhere');
      }
    },
  };
}

function kindOf(client: unknown): GoogleAccountKind {
  if (client instanceof JWT) return 'service-account';
  if (client instanceof UserRefreshClient) return 'user';
  if (client instanceof Compute) return 'attached';
  if (client instanceof BaseExternalAccountClient) return 'workload-identity';
  return 'other';
}

function loginFault(error: unknown): string {
  const why = error instanceof Error ? ` (${error.message.split('\n')[0].slice(0, 200)})` : '';
  return (
    `Google gave no access token${why}: point GOOGLE_APPLICATION_CREDENTIALS at the key file of a service account, ` +
    'or run `gcloud auth application-default login`'
  );
}
