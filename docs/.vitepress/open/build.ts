/**
 * The page that opens a token: one file with its script and its style in it, so that it can be saved and asks for nothing.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { hashesOf } from '../policy.ts'

/** Writes `open.html`. */
export async function writeOpenPage(outDir: string): Promise<void> {
  const here = import.meta.dirname
  const { outputFiles } = await build({
    entryPoints: [join(here, 'open.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    write: false,
    tsconfigRaw: {},
  })
  const parts = {
    style: `<style>${readFileSync(join(here, 'page.css'), 'utf8')}</style>`,
    script: `<script>${outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? ''}</script>`,
  }
  const policy = [
    "default-src 'none'",
    `script-src ${hashesOf(parts.script, 'script').join(' ')}`,
    `style-src ${hashesOf(parts.style, 'style').join(' ')}`,
    'img-src data:',
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
  const page = readFileSync(join(here, 'page.html'), 'utf8')
    .replace(
      '<meta charset="utf-8">',
      (charset) => `${charset}\n<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    )
    .replace(/<!-- (style|script) -->/g, (_, part: keyof typeof parts) => parts[part])
  writeFileSync(join(outDir, 'open.html'), page)
}
