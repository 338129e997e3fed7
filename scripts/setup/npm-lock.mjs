/**
 * npm leaves other platforms' optional packages out of package-lock.json when the registry that it asks lacks them,
 * and `npm ci` then refuses the file everywhere. They are never installed here: an entry with its version is enough.
 */

/**
 * @typedef {{ version?: string, optionalDependencies?: Record<string, string>, [field: string]: unknown }} Entry
 * @param {Record<string, Entry>} packages of package-lock.json
 * @returns {string[]} the paths of entries that `npm ci` would miss
 */
export function missingEntries(packages) {
  return Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .map((name) => `node_modules/${name}`)
    .filter((path) => !(path in packages));
}

/**
 * The packages with those entries added, sorted by path. Their names end in platform and architecture, as in
 * `@biomejs/cli-linux-arm64-musl`.
 * @param {Record<string, Entry>} packages
 */
export function completeEntries(packages) {
  const all = { ...packages };
  for (const { optionalDependencies = {}, dev } of Object.values(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const path = `node_modules/${name}`;
      const platform = /(android|darwin|linux|win32)-(\w+)(?:-(musl|gnu))?$/.exec(name);
      if (path in all || !platform) continue;
      const [, os, cpu, libc] = platform;
      const libcField = libc ? { libc: [libc === 'musl' ? 'musl' : 'glibc'] } : {};
      all[path] = { version, cpu: [cpu], ...(dev ? { dev } : {}), ...libcField, optional: true, os: [os] };
    }
  }
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}
