import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { completeEntries, missingEntries } from '../../scripts/setup/npm-lock.mjs';

const LOCK = join(import.meta.dirname, '..', '..', 'package-lock.json');

test('package-lock.json has all that npm ci asks for (else: npm run lock)', () => {
  const { packages } = JSON.parse(readFileSync(LOCK, 'utf8'));
  expect(missingEntries(packages)).toEqual([]);
});

test('entries left out are found and added', () => {
  const packages = {
    'node_modules/x': {
      version: '1.2.3',
      dev: true,
      optionalDependencies: { '@x/cli-linux-arm64-musl': '1.2.3' },
    },
  };
  expect(missingEntries(packages)).toEqual(['node_modules/@x/cli-linux-arm64-musl']);
  const completed = completeEntries(packages);
  expect(missingEntries(completed)).toEqual([]);
  expect(completed['node_modules/@x/cli-linux-arm64-musl']).toEqual({
    version: '1.2.3',
    cpu: ['arm64'],
    dev: true,
    libc: ['musl'],
    optional: true,
    os: ['linux'],
  });
});
