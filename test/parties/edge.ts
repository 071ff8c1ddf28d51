/**
 * Programs at an edge without sockets, in `edge-runtime`, as Vercel has them: bundled, and with their environment in the bundle.
 *
 * @module
 */

import { EdgeRuntime } from 'edge-runtime'
import { build } from 'esbuild'

/** Bundles a program for an edge, with its environment; returns what starts an instance. */
export async function bundled(contents: string, resolveDir: string, env: object): Promise<() => EdgeRuntime> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    write: false,
    format: 'iife',
    conditions: ['edge-light'],
    define: { 'process.env': JSON.stringify(env) },
  })
  return () => new EdgeRuntime({ initialCode: outputFiles[0]?.text ?? '' })
}
