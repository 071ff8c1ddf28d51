/**
 * Programs at an edge without sockets, in `edge-runtime`, as Vercel has them: bundled, and with their environment in the bundle.
 *
 * @module
 */

import { EdgeRuntime } from 'edge-runtime'
import { build } from 'esbuild'

/**
 * Bundles a program for an edge; returns what starts an instance.
 *
 * @param given what stands in the bundle in place of names: `{ 'process.env': { … } }`
 */
export async function bundled(
  contents: string,
  resolveDir: string,
  given: Readonly<Record<string, unknown>>,
): Promise<() => EdgeRuntime> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'iife',
    external: ['node:*'],
    conditions: ['edge-light'],
    define: Object.fromEntries(Object.entries(given).map(([name, value]) => [name, JSON.stringify(value)])),
  })
  return () => new EdgeRuntime({ initialCode: outputFiles[0]?.text ?? '' })
}
