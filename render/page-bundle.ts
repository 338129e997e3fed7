/** The drawing page's code as one file. */
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

let made: Promise<string> | undefined;

/** The bundle of render/page/main.ts, made once a thread; rejects with esbuild's messages. */
export function pageBundle(): Promise<string> {
  made ??= bundle(fileURLToPath(new URL('./page/main.ts', import.meta.url)));
  return made;
}

/** Bundles a file for the browser, everything it imports included. */
export async function bundle(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'chrome120',
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  // Its helper process would outlive the renderers otherwise.
  await stop();
  return result.outputFiles[0].text;
}
