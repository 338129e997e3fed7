/** TypeScript source as rules want to read it: code without comments and strings, and the list of its imports. */

export interface Import {
  /** As written: './plan.ts', 'node:fs', 'three'. */
  from: string;
  /** Nothing of it is left at run time. */
  typeOnly: boolean;
}

/** The source with comments blanked; strings are kept. */
export function withoutComments(source: string): string {
  return blank(source, { strings: false });
}

/** The source with comments and the contents of strings blanked; code inside `${}` stays. */
export function codeOnly(source: string): string {
  return blank(source, { strings: true });
}

const IMPORT =
  /\b(import|export)\s+(type\s+)?(?:[\w$*\s{},]+?\sfrom\s*)?(['"])([^'"\n]+)\3|\bimport\s*\(\s*(['"])([^'"\n]+)\5/g;

/** Every import and re-export, dynamic ones with a literal too, and `new URL('./worker.ts', import.meta.url)`. */
export function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  const bare = codeOnly(source);
  const found: Import[] = [];
  for (const match of code.matchAll(IMPORT)) {
    const isText = bare[match.index] === ' '; // an import quoted inside a string
    if (!isText) found.push({ from: match[4] ?? match[6], typeOnly: match[2] !== undefined });
  }
  for (const match of code.matchAll(/new URL\(\s*(['"])(\.[^'"\n]+\.ts)\1\s*,\s*import\.meta\.url/g))
    if (bare[match.index] !== ' ') found.push({ from: match[2], typeOnly: false });
  return found;
}

/** A slash after one of these begins a regular expression, not a division. */
const BEFORE_REGEX = /(^|[=(,:;!&|?{}[+\-*%<>~^]|\b(return|typeof|case|in|of|do|else|void|throw))\s*$/;

function blank(source: string, { strings }: { strings: boolean }): string {
  let out = '';
  let at = 0;
  /** One entry for each `${` we are in: how many braces are open inside it. */
  const templates: number[] = [];
  const skip = (text: string, keep: boolean) => {
    out += keep ? text : text.replace(/[^\n]/g, ' ');
    at += text.length;
  };
  const templateText = () => {
    const text = /^(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/.exec(source.slice(at))![0];
    skip(text, !strings);
    if (source.startsWith('${', at)) {
      skip('${', true);
      templates.push(0);
    } else skip(source.slice(at, at + 1), true);
  };
  while (at < source.length) {
    const rest = source.slice(at, at + 2);
    if (rest === '//') skip(/^[^\n]*/.exec(source.slice(at))![0], false);
    else if (rest === '/*') skip(/^\/\*[\s\S]*?(\*\/|$)/.exec(source.slice(at))![0], false);
    else if (rest[0] === "'" || rest[0] === '"') {
      const text = (rest[0] === "'" ? /^'(?:[^'\\\n]|\\[\s\S])*'?/ : /^"(?:[^"\\\n]|\\[\s\S])*"?/).exec(
        source.slice(at),
      )![0];
      skip(text, !strings);
    } else if (rest[0] === '`') {
      skip('`', true);
      templateText();
    } else if (rest[0] === '/' && BEFORE_REGEX.test(out.slice(-20))) {
      const text = /^\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/.exec(source.slice(at))?.[0];
      skip(text ?? '/', text === undefined || !strings);
    } else if (rest[0] === '}' && templates.at(-1) === 0) {
      templates.pop();
      skip('}', true);
      templateText();
    } else {
      if (templates.length > 0 && rest[0] === '{') templates[templates.length - 1]++;
      if (templates.length > 0 && rest[0] === '}') templates[templates.length - 1]--;
      skip(rest[0], true);
    }
  }
  return out;
}
