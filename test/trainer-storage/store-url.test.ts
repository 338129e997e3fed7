import { describe, expect, it } from 'vitest';
import { objectPath } from '../../trainer/launch/storage/object-store.ts';
import { parseStoreUrl } from '../../trainer/launch/storage/store-url.ts';

describe('a URL of storage', () => {
  it.each([
    ['gs://ralph-out', { kind: 'gs', bucket: 'ralph-out', prefix: '' }],
    ['gs://ralph-out/a/b/', { kind: 'gs', bucket: 'ralph-out', prefix: 'a/b' }],
    ['hf://some-body/act', { kind: 'hub', repoType: 'model', repo: 'some-body/act', prefix: '' }],
    ['hf://datasets/lerobot/pusht', { kind: 'hub', repoType: 'dataset', repo: 'lerobot/pusht', prefix: '' }],
    ['hf://some-body/act/runs', { kind: 'hub', repoType: 'model', repo: 'some-body/act', prefix: 'runs' }],
    ['/mnt/volume', { kind: 'folder', folder: '/mnt/volume' }],
    ['file:///mnt/my%20disk', { kind: 'folder', folder: '/mnt/my disk' }],
  ])('%s', (url, address) => {
    expect(parseStoreUrl(url, '--out')).toEqual(address);
  });

  it.each([
    'gs://',
    'gs://Ralph/x',
    'gs://ralph/../other',
    'gs://ralph//x',
    'gs://ralph/x?token=1',
    'hf://name',
    'hf://datasets/name',
    'hf://spaces/some/thing',
    's3://bucket/x',
    'https://huggingface.co/some/thing',
    'relative/folder',
    'file://host/folder',
    '',
  ])('is not %s, which the fault names with what it takes', (url) => {
    expect(() => parseStoreUrl(url, '--out')).toThrow(/^--out is "/);
  });

  it('never shows a password', () => {
    expect(() => parseStoreUrl('gs://user:hunter22@ralph/x', '--out')).toThrow(/^(?!.*hunter22)/);
  });
});

it.each(['../x', 'a/../x', '/x', 'a//b', 'a/./b', 'a\nb', '', 'a/', 'a\\b'])(
  '%j is no path of an object',
  (path) => {
    expect(() => objectPath(path)).toThrow(/no path of an object/);
  },
);
