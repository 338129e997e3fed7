import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeMarkup } from '../../runtime/escape-markup.ts';

it('escapes what ends a text or a quoted attribute, once, and drops what XML cannot hold', () => {
  expect(escapeMarkup(`<a b="c" d='e'>&amp;\u0000\u001f\ud800\n`)).toBe(
    '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;\ufffd\n',
  );
});

it('leaves no character with a meaning in any text, and loses none that can be shown', () => {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const escaped = escapeMarkup(text);
      expect(escaped).not.toMatch(/[<>"']/);
      const back = escaped.replaceAll(/&(#?\w+);/g, (_, name: string) => entities[name]);
      expect(back).toBe(text);
    }),
  );
});
