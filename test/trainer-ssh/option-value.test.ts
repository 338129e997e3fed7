import { describe, expect, it } from 'vitest';
import { isSshName, pathValue, socketFolder } from '../../trainer/launch/ssh/option-value.ts';

describe('a path in an ssh option', () => {
  it.each([
    ['/home/me/.ssh/id', '"/home/me/.ssh/id"'],
    ['/home/50% off/%h', '"/home/50%% off/%%h"'],
    ['/home/"me"/back\\slash', '"/home/\\"me\\"/back\\\\slash"'],
    ["/home/it's $HOME", '"/home/it\'s $HOME"'],
  ])('%j becomes %s', (path, value) => {
    expect(pathValue(path)).toBe(value);
  });

  it.each([`/home/$${'{'}USER}/id`, '/home/a\nb', '/home/a\u0000b'])('%j is refused by name', (path) => {
    expect(() => pathValue(path)).toThrow(/is no path that ssh can be given: rename it/);
  });
});

describe('the name of a host or user', () => {
  it.each(['host', 'my%alias', 'fe80::1%eth0', '10.0.0.1', 'gpu_box-2', 'ü.example'])('may be %j', (name) => {
    expect(isSshName(name)).toBe(true);
  });
  it.each([
    '',
    '-oProxyCommand=id',
    'a b',
    'a\nb',
    '"x"',
    "it's",
    '`id`',
    '$(id)',
    'a;b',
    'a|b',
    'ssh://host',
    '../x',
  ])('may not be %j', (name) => {
    expect(isSshName(name)).toBe(false);
  });
});

it('sockets go where their path is short enough for ssh, and is not expanded', () => {
  expect(socketFolder('/tmp/50% "off"')).toBe('/tmp/50% "off"');
  expect(socketFolder(`/${'x'.repeat(80)}`)).toBe('/tmp');
  expect(socketFolder(`/tmp/$${'{'}HOME}`)).toBe('/tmp');
});
