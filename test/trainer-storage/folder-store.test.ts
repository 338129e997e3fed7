import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderStore } from '../../trainer/launch/storage/folder-store.ts';
import { readBytes } from '../../trainer/launch/storage/object-store.ts';

let folder: string;
let store: FolderStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickyard-folder-'));
  store = new FolderStore(join(folder, 'store'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a folder as a store', () => {
  it('writes, lists by prefix, reads from a byte on and deletes with what is empty', async () => {
    for (const path of ['a/b/1', 'a/b/2', 'a/c', 'ab']) await store.write(path, Buffer.from(path));
    expect((await store.list('a/')).map(({ path }) => path)).toEqual(['a/b/1', 'a/b/2', 'a/c']);
    expect((await store.list('a')).map(({ path }) => path)).toEqual(['a/b/1', 'a/b/2', 'a/c', 'ab']);
    expect(await store.list('none/')).toEqual([]);
    const parts: Buffer[] = [];
    for await (const part of await store.read('a/b/1', { fromByte: 4 })) parts.push(part as Buffer);
    expect(Buffer.concat(parts).toString()).toBe('1');
    await store.deleteAll(['a/b/1', 'a/b/2', 'a/gone']);
    expect(existsSync(join(folder, 'store', 'a', 'b'))).toBe(false);
    expect(await store.stat('a/b/1')).toBeNull();
  });

  it('creates once only, however many try at once', async () => {
    const tries = ['1', '2', '3', '4'].map((text) => store.write('m', Buffer.from(text), { ifAbsent: true }));
    const ended = await Promise.allSettled(tries);
    const won = ended.findIndex(({ status }) => status === 'fulfilled');
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await readBytes(store, 'm')).toString()).toBe(`${won + 1}`);
    expect(readdirSync(join(folder, 'store'))).toEqual(['m']);
  });

  it('replaces and deletes only what was seen', async () => {
    const { generation: ifGeneration } = await store.write('a', Buffer.from('1'));
    await store.write('a', Buffer.from('2 '), { ifGeneration });
    const stale = store.write('a', Buffer.from('3'), { ifGeneration });
    await expect(stale).rejects.toMatchObject({ fault: 'conflict' });
    await expect(store.delete('a', { ifGeneration })).rejects.toMatchObject({ fault: 'conflict' });
    expect((await readBytes(store, 'a')).toString()).toBe('2 ');
  });

  it('does not show what is being written, nor what a killed writer left', async () => {
    await store.write('a', Buffer.from('1'));
    writeFileSync(join(folder, 'store', '.4711-0.part'), 'half');
    expect((await store.list('')).map(({ path }) => path)).toEqual(['a']);
  });

  it('says what is wrong with a place where nothing can be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const refused = new FolderStore(join(folder, 'file', 'x')).write('a', Buffer.from('1'));
    await expect(refused).rejects.toThrow(/file/);
  });
});
