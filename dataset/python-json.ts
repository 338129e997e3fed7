/**
 * JSON as Python's json module writes it: NaN and Infinity are not JSON, but numpy's statistics have them. NaN becomes
 * null, which readers of numbers take for NaN. Text from anyone is bounded before it becomes objects.
 */

/** Values that take forty bytes and more each in memory. */
const MAX_VALUES = 5_000_000;
const MAX_DEPTH = 100;

const NON_FINITE: Record<string, string> = { NaN: 'null', Infinity: '1e999', '-Infinity': '-1e999' };

/** @throws Error that says what is wrong with the text, without its name */
export function parsePythonJson(text: string): unknown {
  const found = scan(text);
  if (found.length === 0) return parsed(text);
  let plain = '';
  let from = 0;
  for (const { at, token } of found) {
    plain += text.slice(from, at) + NON_FINITE[token];
    from = at + token.length;
  }
  return parsed(plain + text.slice(from));
}

/** A key called `__proto__` would be lost on the way through objects: a feature of that name would pass unseen. */
function parsed(text: string): unknown {
  if (!/__proto__|\\u00/i.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, value) => {
    if (key === '__proto__') throw new Error('it has the name "__proto__"; rename it');
    return value;
  });
}

/** Where NaN and Infinity stand outside of strings. Counts values and depth on the way. */
function scan(text: string): { at: number; token: string }[] {
  const found: { at: number; token: string }[] = [];
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (char === '{' || char === '[') {
      values++;
      if (++depth > MAX_DEPTH) throw new Error(`it is nested more than ${MAX_DEPTH} levels deep`);
    } else if (char === '}' || char === ']') depth--;
    else if (char === ',') values++;
    else if (char === 'N' || char === 'I') {
      const word = char === 'N' ? 'NaN' : 'Infinity';
      if (!text.startsWith(word, at)) continue;
      const isNegative = char === 'I' && text[at - 1] === '-';
      found.push({ at: isNegative ? at - 1 : at, token: isNegative ? '-Infinity' : word });
      at += word.length - 1;
    }
    if (values > MAX_VALUES) throw new Error(`it has more than ${MAX_VALUES} values`);
  }
  return found;
}
