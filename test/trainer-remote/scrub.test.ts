import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../sim/errors.ts';
import { REDACTED, Scrubber } from '../../trainer/launch/remote/scrub.ts';

const KEY = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQ'.repeat(2)}\n${'canaryCANARYcanary012345'.repeat(2)}\n-----END PRIVATE KEY-----\n`;
const VALUES = ['s3cret-value!', 'hf_CANARYcanaryCANARYcanary', 'a"b\\c\nd-e-f-g', KEY];

describe('known values', () => {
  it.each([
    ['as it is', 'token s3cret-value! was refused', `token ${REDACTED} was refused`],
    ['in JSON', JSON.stringify({ t: 'a"b\\c\nd-e-f-g' }), `{"t":"${REDACTED}"}`],
    ['in a URL', 'https://x/?q=s3cret-value!', `https://x/?q=${REDACTED}`],
    ['in base64', Buffer.from('s3cret-value!').toString('base64'), REDACTED],
  ])('are taken out %s', (_, text, clean) => {
    expect(new Scrubber(VALUES).scrub(text)).toBe(clean);
  });

  it('take no innocent text with them', () => {
    const text = 'step 1,200 of 6,000, loss 0.0423, gs://bucket/runs/x, sha256 0f3a';
    expect(new Scrubber(['', '22', 'root']).scrub(text)).toBe(text);
  });
});

it.each([
  ['a Hub token', 'hf_abcdefghijklmnopqrstuvwx'],
  ['a header', 'Authorization: Bearer abc.def-ghi_jkl'],
  ['a Google token', 'ya29.a0AfB_byC0123456789abcdef'],
  ['an answer of a token server', '{"access_token":"zzzyyyxxx111222"}'],
  ['a secret in JSON', '{"client_secret": "zzzyyyxxx111222"}'],
  ['a signed URL', 'https://storage.googleapis.com/b/o?X-Goog-Signature=00aa11bb22cc33'],
  ['a password in a URL', 'https://user:hunter22@host/x'],
  ['a key', KEY],
  ['a key in JSON', JSON.stringify({ private_key: KEY })],
])('takes out what looks like %s', (_, text) => {
  const clean = new Scrubber([]).scrub(text);
  expect(clean).toContain(REDACTED);
  for (const secret of [
    'abcdefghijklmnop',
    'abc.def',
    'a0AfB',
    'zzzyyy',
    '00aa11',
    'hunter22',
    'canaryCANARY',
  ])
    expect(clean).not.toContain(secret);
});

it('lets no secret through whose text comes in pieces', () => {
  const text = `first line\nuses s3cret-value! and hf_CANARYcanaryCANARYcanary\n${KEY}last line`;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
      let shown = '';
      // Nothing is known here: the key must go by its shape alone.
      const stream = new Scrubber(VALUES.slice(0, 2)).stream((part) => {
        shown += part;
      });
      for (let at = 0, k = 0; at < text.length; k++) {
        const size = sizes[k % sizes.length];
        stream.write(text.slice(at, at + size));
        at += size;
      }
      stream.end();
      expect(shown).toMatch(/^first line\nuses \[secret\] and \[secret\]\n\[secret\]/);
      expect(shown).toMatch(/last line$/);
      expect(shown).not.toMatch(/canary|MIIEvQ/i);
    }),
  );
});

it('passes no part of an endless line on', () => {
  let shown = '';
  const stream = new Scrubber(['s3cret-value!']).stream((part) => {
    shown += part;
  });
  for (let k = 0; k < 8000; k++) stream.write('x'.repeat(9));
  stream.write('s3cret-value!\nnext\n');
  expect(shown).not.toContain('s3cret');
  expect(shown).toContain('next\n');
});

it('cleans an error and what caused it, and leaves its kind', () => {
  const error = new InputError('with s3cret-value!', { cause: new Error('by s3cret-value!') });
  const clean = new Scrubber(VALUES).scrubError(error);
  expect(clean).toBeInstanceOf(InputError);
  expect(`${clean.stack} ${(clean.cause as Error).stack}`).not.toContain('s3cret');
});
