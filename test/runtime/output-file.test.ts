import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { datasetCommand } from '../../dataset/command.ts';
import { evalCommand } from '../../evaluator/command.ts';
import { junitXml } from '../../evaluator/regression/junit.ts';
import { scenarioCommand } from '../../generator/scenario-commands/command.ts';
import { pictureSheet } from '../../render/picture-sheet.ts';
import { htmlPage } from '../../runtime/html-page.ts';
import { assertReplaceable, isMadeHere, JUNIT_MARK } from '../../runtime/output-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'output-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const picture = pictureSheet([{ rgba: new Uint8Array(16), widthPx: 2, heightPx: 2, caption: 'x' }]);
const page = htmlPage({ title: 'x', style: '', body: '' });

describe('a file in the way of an output', () => {
  it.each([
    ['a page', page],
    ['a picture', picture],
    ['a JUnit report', junitXml(`${JUNIT_MARK}smoke`, [])],
  ])('is replaced when it is %s that was made here', (name, content) => {
    const path = file(name, content);
    expect(isMadeHere(path)).toBe(true);
    expect(() => assertReplaceable(path)).not.toThrow();
  });

  it.each([
    ['an empty file', ''],
    ['notes', 'my notes'],
    ['notes that quote a page', `notes\n${page}`],
    ['a page by hand', '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>mine</title>'],
    ['a picture by others', Buffer.from(picture).fill(0, 37, 41)],
    ['a JUnit report by others', junitXml('pytest', [])],
  ])('is kept when it is %s, unless forced', (name, content) => {
    const path = file(`kept ${name}`, content);
    expect(() => assertReplaceable(path)).toThrow(/exists and was not made by this command.*--force/);
    expect(() => assertReplaceable(path, { force: true })).not.toThrow();
  });

  it('is refused when it is no regular file, whatever is asked', () => {
    mkdirSync(join(folder, 'folder'));
    symlinkSync(file('target', page), join(folder, 'link'));
    symlinkSync('nowhere/there', join(folder, 'dangling'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const kinds = { folder: 'a folder', link: 'a link', dangling: 'a link', pipe: 'a named pipe' };
    for (const [name, kind] of Object.entries(kinds))
      expect(() => assertReplaceable(join(folder, name), { force: true })).toThrow(`is ${kind}; name a file`);
    expect(() => assertReplaceable('/dev/full', { force: true })).toThrow('is a device');
    expect(() => assertReplaceable('/dev/stdout', { force: true })).toThrow('is a link');
  });
});

describe('the place of an output', () => {
  it('may have folders that are still to be made', () => {
    expect(() => assertReplaceable(join(folder, 'a', 'b', 'page.html'))).not.toThrow();
  });

  it('is refused below a file, below a link to nothing, and with a name that is too long', () => {
    file('plain', 'x');
    symlinkSync('nowhere/there', join(folder, 'lost'));
    expect(() => assertReplaceable(join(folder, 'plain', 'page.html'))).toThrow(/plain is not a folder/);
    expect(() => assertReplaceable(join(folder, 'lost', 'page.html'))).toThrow(/link that leads nowhere/);
    expect(() => assertReplaceable(join(folder, 'x'.repeat(256)))).toThrow(/its name is too long/);
    expect(() => assertReplaceable('/proc/nothing/page.html')).toThrow(/cannot be written \(/);
    expect(() => assertReplaceable('/proc/version/x/page.html')).toThrow(/version is not a folder/);
  });
});

describe('commands that write one file', () => {
  async function run(...args: string[]): Promise<string> {
    const program = new Command('brickyard').option('--json').option('--quiet').exitOverride();
    for (const command of [datasetCommand(), evalCommand(), scenarioCommand()])
      program.addCommand(command.copyInheritedSettings(program));
    try {
      await program.parseAsync(args, { from: 'user' });
      return 'done';
    } catch (error) {
      return (error as Error).message;
    }
  }

  // The inputs do not exist: the place is refused before anything is read.
  it.each([
    ['dataset preview', ['dataset', 'preview', '.', '--out'], 'thesis.html'],
    ['dataset preview', ['dataset', 'preview', '.', '--out'], 'holiday.png'],
    ['eval report', ['eval', 'report', '.', '--out'], 'index.html'],
    ['eval regression', ['eval', 'regression', 'smoke', '--junit'], 'junit.xml'],
    ['scenario preview', ['scenario', 'preview', 'one-brick', '--out'], 'picture.png'],
    ['scenario new', ['scenario', 'new', 'mine', '--out'], 'mine.yaml'],
  ])('%s does not replace a file that it did not make', async (_name, args, name) => {
    const path = file(name, 'precious');
    expect(await run(...args, path)).toMatch(/was not made by this command|is not overwritten/);
    expect(readFileSync(path, 'utf8')).toBe('precious');
    const link = join(folder, `link-${name}`);
    symlinkSync('nowhere', link);
    expect(await run(...args, link)).toMatch(/is a link/);
  });

  it('dataset preview takes pictures and pages alone', async () => {
    expect(await run('dataset', 'preview', '.', '--out', join(folder, 'x.pdf'))).toMatch(
      /must end in .png or .html, got ".*x\.pdf"/,
    );
  });
});
