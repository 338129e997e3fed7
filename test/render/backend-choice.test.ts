import { expect, test } from 'vitest';
import { BackendAgreement } from '../../render/backend-agreement.ts';
import { chooseFrom } from '../../render/backend-probe.ts';
import type { Backend } from '../../render/chromium.ts';
import { CannotDraw, RendererCrash, RendererTimeout } from '../../render/renderer-crash.ts';
import { assertOpenFiles, lowLimits } from '../../runtime/resource-limits.ts';
import { InputError } from '../../sim/errors.ts';

const BOTH: readonly Backend[] = ['gl-egl', 'swiftshader'];

/** Opens what a list says: each entry is the outcome of one try. */
function opening(outcomes: Record<Backend, (Error | 'drawn')[]>) {
  const asked: Backend[] = [];
  const open = async (backend: Backend): Promise<string> => {
    asked.push(backend);
    const outcome = outcomes[backend].shift() ?? new Error('asked too often');
    if (outcome instanceof Error) throw outcome;
    return `${backend} ${outcome}`;
  };
  return { asked, open };
}
const slow = () => new RendererTimeout('the page did not start within 20 s');
const crash = () => new RendererCrash('the browser is gone');
const cannot = () => new CannotDraw('its GL library does not load');

test('a browser that is slow or dies once is tried again with the same backend', async () => {
  for (const fault of [slow(), crash()]) {
    const { asked, open } = opening({ 'gl-egl': [fault, 'drawn'], swiftshader: ['drawn'] });
    const chosen = await chooseFrom(BOTH, open);
    expect(chosen).toEqual({ backend: 'gl-egl', renderer: 'gl-egl drawn', rejected: [] });
    expect(asked).toEqual(['gl-egl', 'gl-egl']);
  }
});

test('a browser that stays slow is an error, not a reason for other pixels', async () => {
  for (const faults of [
    [slow(), slow(), slow()],
    [crash(), slow(), crash()],
  ]) {
    const { asked, open } = opening({ 'gl-egl': faults, swiftshader: ['drawn'] });
    const choice = chooseFrom(BOTH, open);
    await expect(choice).rejects.toThrow(InputError);
    await expect(choice).rejects.toThrow('or choose by --backend');
    expect(asked).toEqual(['gl-egl', 'gl-egl', 'gl-egl']);
  }
});

test('a backend that says it does not draw, or dies each time, is passed over with its reason', async () => {
  for (const [faults, reason] of [
    [[cannot()], 'gl-egl: its GL library does not load'],
    [[crash(), crash(), crash()], 'gl-egl: the browser is gone'],
  ] as const) {
    const { open } = opening({ 'gl-egl': [...faults], swiftshader: ['drawn'] });
    const { backend, rejected } = await chooseFrom(BOTH, open);
    expect([backend, rejected]).toEqual(['swiftshader', [reason]]);
  }
});

test('packages are advised only where a GL library is what is missing', async () => {
  const none = opening({ 'gl-egl': [cannot()], swiftshader: [cannot()] });
  await expect(chooseFrom(BOTH, none.open)).rejects.toThrow('apt-get install');
  const dead = opening({
    'gl-egl': [crash(), crash(), crash()],
    swiftshader: [crash(), crash(), crash()],
  });
  const error = await chooseFrom(BOTH, dead.open).catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toMatch(/^the browser does not start /);
  expect(error.message).not.toContain('apt-get');
});

test('an error of the input ends the choice', async () => {
  const { asked, open } = opening({ 'gl-egl': [new InputError('no browser')], swiftshader: ['drawn'] });
  await expect(chooseFrom(BOTH, open)).rejects.toThrow('no browser');
  expect(asked).toEqual(['gl-egl']);
});

test('of several threads one probes, and all use what it found', async () => {
  const first = new BackendAgreement();
  let probes = 0;
  const probe = async () => {
    probes++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { backend: 'swiftshader' as const, renderer: 'open' };
  };
  const threads = [first, new BackendAgreement(first.shared), new BackendAgreement(first.shared)];
  const found = await Promise.all(threads.map((thread) => thread.decide(probe)));
  expect(found).toEqual([
    { backend: 'swiftshader', renderer: 'open' },
    { backend: 'swiftshader' },
    { backend: 'swiftshader' },
  ]);
  expect(probes).toBe(1);
});

test('when a probe fails, its thread gets the error and the next thread probes', async () => {
  const first = new BackendAgreement();
  const second = new BackendAgreement(first.shared);
  const failed = first.decide(async () => {
    throw new RendererTimeout('slow');
  });
  const found = second.decide(async () => ({ backend: 'gl-egl' as const }));
  await expect(failed).rejects.toThrow('slow');
  expect(await found).toEqual({ backend: 'gl-egl' });
  expect(await first.decide(async () => ({ backend: 'swiftshader' as const }))).toEqual({
    backend: 'gl-egl',
  });
});

test('limits of the shell are named when they are low', () => {
  const text = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max file size             1048576              unlimited            bytes
Max data size             unlimited            unlimited            bytes
Max processes             63432                63432                processes
Max open files            64                   1048576              files
Max address space         4096000000           unlimited            bytes
`;
  expect(lowLimits(text)).toEqual([
    '`ulimit -f` (1024 KiB)',
    '`ulimit -n` (64)',
    '`ulimit -v` (4000000 KiB)',
  ]);
  expect(lowLimits('')).toEqual([]);
  expect(() => assertOpenFiles(text)).toThrow(
    '`ulimit -n` (64) is too low to start browsers: raise it to 256 or more',
  );
  expect(() => assertOpenFiles(text.replace('64  ', '256 '))).not.toThrow();
});
