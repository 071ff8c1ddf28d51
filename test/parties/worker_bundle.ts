/**
 * A Worker as one file, as workerd takes it.
 *
 * @module
 */

import { build } from 'esbuild'
import { ROOT } from '../checkout.ts'

/** Bundles the source of a Worker, whose imports are relative to the checkout, into a file. */
export async function bundleWorker(source: string, outfile: string): Promise<void> {
  await build({
    stdin: { contents: source, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    outfile,
    format: 'esm',
    conditions: ['workerd', 'worker'],
    external: ['cloudflare:workers', 'node:async_hooks'],
    logLevel: 'error',
  })
}
