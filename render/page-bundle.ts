/** The drawing page's code as one file. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, stop } from 'esbuild';
import { type OutsideTask, outsideTask } from '../runtime/outside-task.ts';
import { InputError } from '../sim/errors.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'render/page/main.ts');

let made: Promise<string> | undefined;

/**
 * The bundle of render/page/main.ts, with the scene of a task outside of the checkout where there is one; made once a
 * thread, rejects with esbuild's messages.
 */
export function pageBundle(): Promise<string> {
  const outside = outsideTask();
  made ??= outside ? bundleWith(outside) : bundle(PAGE);
  return made;
}

/** Bundles a file for the browser, everything it imports included. */
export function bundle(entry: string): Promise<string> {
  return bundled({ entryPoints: [entry] });
}

function bundleWith({ name, folder }: OutsideTask): Promise<string> {
  const quoted = (path: string): string => JSON.stringify(path);
  const contents = `
    import { addScene } from ${quoted(join(ROOT, 'sim/tasks/load-scene.ts'))};
    import { taskScene } from ${quoted(join(folder, 'scene.ts'))};
    import ${quoted(PAGE)};
    addScene(${quoted(name)}, taskScene);
  `;
  return bundled({ stdin: { contents, resolveDir: ROOT, loader: 'ts' } }).catch((error: Error) => {
    throw new InputError(`task ${name}: scene.ts cannot be bundled: ${error.message}`, { cause: error });
  });
}

async function bundled(entry: Pick<BuildOptions, 'entryPoints' | 'stdin'>): Promise<string> {
  const result = await build({
    ...entry,
    bundle: true,
    write: false,
    format: 'iife',
    target: 'chrome120',
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
    // A task's folder may lie anywhere; it names the simulator as brickyard/sim/... and gets our three.
    alias: { brickyard: ROOT },
    nodePaths: [join(ROOT, 'node_modules')],
  });
  // Its helper process would outlive the renderers otherwise.
  await stop();
  return result.outputFiles![0].text;
}
