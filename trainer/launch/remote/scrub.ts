/**
 * Takes secrets out of text before anybody sees it: the values that are known, as they stand and as JSON, URLs and
 * base64 write them, and what looks like a secret whoever it belongs to. Redaction by field name would miss them in
 * messages of libraries and in child processes' output.
 */
export const REDACTED = '[secret]';

/** Shorter values (a port, a user's name) are found in text that has nothing to do with them. */
const SHORTEST = 6;
/** Of a value of several lines, such as a key's, every line that is long enough to be one. */
const SHORTEST_LINE = 16;
/** A line without an end is held back up to this; a longer one is no log line. */
const LONGEST_LINE = 64 * 1024;

const PEM = /-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)-----[\s\S]*?(?:-----END [A-Z0-9 ]*-----|$)/g;
const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)-----/;
const PEM_END = /-----END [A-Z0-9 ]*-----/;

/** Each keeps its first group. */
const SHAPES: readonly RegExp[] = [
  /()\bhf_[A-Za-z0-9]{16,}/g,
  /()\bya29\.[\w-]{16,}/g,
  /()\beyJ[\w-]{16,}\.[\w-]{8,}\.[\w-]*/g,
  /\b((?:Bearer|Basic)\s+)[\w.~+/=-]{8,}/gi,
  /("?\b(?:client_secret|access_token|refresh_token|private_key|api_key|password|WANDB_API_KEY|HF_TOKEN)"?\s*[:=]\s*"?)[^\s"',&}]{6,}/gi,
  /([?&](?:X-Goog-Signature|X-Amz-Signature|Signature|upload_id|token)=)[\w%.~+/=-]{8,}/gi,
  /(:\/\/[^\s/:@]*:)[^\s/@]{3,}(?=@)/g,
];

export class Scrubber {
  readonly #known: string[];

  constructor(values: readonly string[]) {
    const forms = values.flatMap(formsOf).filter((form) => form.length >= SHORTEST);
    // Longest first: a secret that begins like another is taken out whole.
    this.#known = [...new Set(forms)].sort((a, b) => b.length - a.length);
  }

  /** Of a whole message. */
  scrub(text: string): string {
    let clean = text;
    for (const value of this.#known) clean = clean.replaceAll(value, REDACTED);
    clean = clean.replace(PEM, REDACTED);
    for (const shape of SHAPES) clean = clean.replace(shape, `$1${REDACTED}`);
    return clean;
  }

  /** Of an error, with its causes; the same kind of error, so that its exit code stays. */
  scrubError<E extends Error>(error: E): E {
    error.message = this.scrub(error.message);
    if (error.stack) error.stack = this.scrub(error.stack);
    if (error.cause instanceof Error) this.scrubError(error.cause);
    else if (typeof error.cause === 'string') error.cause = this.scrub(error.cause);
    return error;
  }

  /** For text that comes in pieces cut anywhere. */
  stream(emit: (text: string) => void): ScrubbedStream {
    return new ScrubbedStream(this, emit);
  }
}

/** Passes on whole lines only, as half of a secret is not known for one, and nothing of a key over several lines. */
export class ScrubbedStream {
  readonly #scrubber: Scrubber;
  readonly #emit: (text: string) => void;
  #held = '';
  #isInKey = false;

  constructor(scrubber: Scrubber, emit: (text: string) => void) {
    this.#scrubber = scrubber;
    this.#emit = emit;
  }

  write(text: string): void {
    const all = this.#held + text;
    const end = Math.max(all.lastIndexOf('\n'), all.lastIndexOf('\r')) + 1;
    this.#held = all.slice(end);
    if (end > 0) this.#pass(all.slice(0, end));
    if (this.#held.length <= LONGEST_LINE) return;
    // Passing on a part of it could pass on a part of a secret.
    this.#emit(`[a line of more than ${LONGEST_LINE} characters]\n`);
    this.#held = this.#isInKey || PEM_BEGIN.test(this.#held) ? '-----BEGIN PRIVATE KEY-----' : '';
  }

  /** What is left, when nothing more comes. */
  end(): void {
    if (this.#held !== '') this.#pass(this.#held);
    this.#held = '';
  }

  #pass(text: string): void {
    const lines = text.split(/(?<=[\n\r])/);
    this.#emit(lines.map((line) => this.#line(line)).join(''));
  }

  #line(line: string): string {
    if (this.#isInKey) {
      const end = PEM_END.exec(line);
      if (!end) return '';
      this.#isInKey = false;
      return this.#line(line.slice(end.index + end[0].length));
    }
    const clean = this.#scrubber.scrub(line);
    const begin = line.lastIndexOf('-----BEGIN ');
    this.#isInKey = begin >= 0 && PEM_BEGIN.test(line.slice(begin)) && !PEM_END.test(line.slice(begin));
    return this.#isInKey && !clean.endsWith('\n') ? `${clean}\n` : clean;
  }
}

function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const long = lines.length > 1 ? lines.filter((line) => line.length >= SHORTEST_LINE) : [];
  const base64 = Buffer.from(value).toString('base64');
  return [value, value.trim(), ...long]
    .flatMap((text) => [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)])
    .concat(value.length >= SHORTEST ? [base64, base64.replace(/=+$/, '')] : []);
}
