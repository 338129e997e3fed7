/** TypeScript source as rules want to read it: code without comments and strings. */

/** A slash after one of these begins a regular expression, not a division. */
const BEFORE_REGEX = /(^|[=(,:;!&|?{}[+\-*%<>~^]|\b(return|typeof|case|in|of|do|else|void|throw))\s*$/;

/** The source with comments and the contents of strings blanked; code inside `${}` stays. */
export function codeOnly(source: string): string {
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
    skip(text, false);
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
      skip(text, false);
    } else if (rest[0] === '`') {
      skip('`', true);
      templateText();
    } else if (rest[0] === '/' && BEFORE_REGEX.test(out.slice(-20))) {
      const text = /^\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/.exec(source.slice(at))?.[0];
      skip(text ?? '/', text === undefined);
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
