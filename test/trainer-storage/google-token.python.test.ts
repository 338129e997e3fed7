/** Where Google's tokens come from: here by Google's library, on the host by our own few lines. */
import { spawn } from 'node:child_process';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { googleTokens } from '../../trainer/launch/storage/google-token.ts';
import { testPython } from '../python.ts';

const TRAINER = join(import.meta.dirname, '../../trainer');
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
let folder: string;
let server: Server;
let requests: { url: string; flavor: unknown; body: string }[];

beforeEach(async () => {
  requests = [];
  folder = mkdtempSync(join(tmpdir(), 'brickyard-token-'));
  server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    requests.push({ url: request.url!, flavor: request.headers['metadata-flavor'], body });
    response.end(JSON.stringify({ access_token: 'ya29.made-up', expires_in: 3600, token_type: 'Bearer' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function host(): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function writeKey(key: Record<string, string>): string {
  const path = join(folder, 'key.json');
  writeFileSync(path, JSON.stringify(key));
  return path;
}

const ACCOUNT = {
  type: 'service_account',
  client_email: 'trainer@p.iam.gserviceaccount.com',
  private_key: privateKey,
};

async function tokenOnHost(env: Record<string, string>) {
  const code = [
    'from brickyard_trainer.publishing.google_token import GoogleTokens',
    'from brickyard_trainer.publishing.store import StoreError',
    'tokens = GoogleTokens()',
    'try: print(tokens.token(), tokens.token())',
    'except StoreError as error: print(error.fault, error)',
  ].join('\n');
  const own = { PYTHONPATH: TRAINER, PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(testPython(), ['-c', code], { env: { ...process.env, ...own, ...env } });
  let stdout = '';
  child.stdout.on('data', (text) => (stdout += text));
  await new Promise((resolve) => child.on('close', resolve));
  return stdout.trim();
}

describe('on the host', () => {
  it("is the VM's own account's, and kept", async () => {
    expect(await tokenOnHost({ GCE_METADATA_HOST: host() })).toBe('ya29.made-up ya29.made-up');
    const url = '/computeMetadata/v1/instance/service-accounts/default/token';
    expect(requests).toEqual([{ url, flavor: 'Google', body: '' }]);
  });

  it('is asked for in the name of a key file, by a signature that its public key opens', async () => {
    const path = writeKey({ ...ACCOUNT, token_uri: `http://${host()}/token` });
    expect(await tokenOnHost({ GOOGLE_APPLICATION_CREDENTIALS: path })).toBe('ya29.made-up ya29.made-up');
    const [head, claims, signature] = new URLSearchParams(requests[0].body).get('assertion')!.split('.');
    const isSigned = createVerify('RSA-SHA256').update(`${head}.${claims}`);
    expect(isSigned.verify(publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
    expect(said).toMatchObject({ iss: ACCOUNT.client_email, aud: `http://${host()}/token` });
    expect(said.exp - said.iat).toBe(3600);
  });

  it("refuses a user's login, which ends before the run does", async () => {
    const path = writeKey({ type: 'authorized_user', client_email: 'x', private_key: 'x' });
    expect(await tokenOnHost({ GOOGLE_APPLICATION_CREDENTIALS: path })).toMatch(
      /^credentials .*service account$/,
    );
  });

  it('says what is missing where there is no account', async () => {
    const said = await tokenOnHost({ GCE_METADATA_HOST: '127.0.0.1:9' });
    expect(said).toMatch(/^credentials this host has no Google account .*attach a service account/);
  });
});

describe('here', () => {
  it.each([
    ['service-account', ACCOUNT],
    ['user', { type: 'authorized_user', client_id: 'i', client_secret: 's', refresh_token: 'r' }],
    [
      'workload-identity',
      {
        type: 'external_account',
        audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: 'https://sts.googleapis.com/v1/token',
        credential_source: { file: '/nowhere' },
      },
    ],
  ])('tells a %s login', async (kind, key) => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', writeKey(key as Record<string, string>));
    expect(await googleTokens().kind()).toBe(kind);
  });

  it('says what to do where there is none', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'absent.json'));
    const refused = googleTokens().token();
    await expect(refused).rejects.toMatchObject({
      fault: 'credentials',
      message: expect.stringMatching(/GOOGLE_APPLICATION_CREDENTIALS/),
    });
  });
});
