import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { confinedRealPath, isInside, unsafeNameReason } from '../../runtime/confined-path.ts';
import { printable } from '../../runtime/printable.ts';
import { openRegular, readRegular, readRegularSync } from '../../runtime/regular-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'untrusted-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('files from anyone', () => {
  it('refuses a named pipe without waiting for a writer', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(readRegular(pipe)).rejects.toThrow(/named pipe; only regular files/);
    expect(() => readRegularSync(pipe)).toThrow(/named pipe/);
  });

  it('refuses devices, folders and files over the limit', async () => {
    await expect(openRegular('/dev/zero')).rejects.toThrow(/is a device/);
    await expect(readRegular(folder)).rejects.toThrow(/is a folder/);
    const path = join(folder, 'ten');
    writeFileSync(path, '0123456789');
    await expect(readRegular(path, { maxBytes: 9 })).rejects.toThrow('has 10 bytes, at most 9');
    expect(String(readRegularSync(path, { maxBytes: 10 }))).toBe('0123456789');
  });
});

describe('names from files', () => {
  it.each(['../up', 'a/b', 'a\\b', '..', '.', '', 'a\u0000b', 'a\u202eb', 'x'.repeat(201)])(
    'refuses %j',
    (name) => {
      expect(unsafeNameReason(name)).toBeDefined();
    },
  );
  it.each(['observation.images.front', '..hidden', 'ü', 'with space'])('accepts %j', (name) => {
    expect(unsafeNameReason(name)).toBeUndefined();
  });

  it('follows links inside the folder and inside the Hub cache only', () => {
    const root = join(folder, 'hub', 'snapshots', 'abc');
    mkdirSync(root, { recursive: true });
    mkdirSync(join(folder, 'hub', 'blobs'));
    writeFileSync(join(folder, 'hub', 'blobs', 'f00'), 'blob');
    writeFileSync(join(folder, 'secret'), 'secret');
    symlinkSync('../../blobs/f00', join(root, 'info.json'));
    symlinkSync('../../../secret', join(root, 'leak'));
    expect(confinedRealPath(root, 'info.json')).toContain('blobs');
    expect(() => confinedRealPath(root, 'leak')).toThrow(/leads out of/);
    expect(() => confinedRealPath(root, '../other')).toThrow(/leads out of/);
    expect(isInside('/a', '/ab')).toBe(false);
  });

  it('escapes what would change a terminal', () => {
    expect(printable('a\u001b[2Jb\u202ec\nd')).toBe('a\\u001b[2Jb\\u202ec\nd');
  });
});
