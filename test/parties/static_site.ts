/**
 * A folder of files, served on loopback as any static host would.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { listen } from '../browser/chromium.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
}

/** Where the files are served, and what ends that. */
export interface StaticSite {
  readonly origin: string
  stop(): void
}

/** Serves a folder. */
export async function serveFolder(folder: string): Promise<StaticSite> {
  const { server, port } = await listen(async (request, answer) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.invalid')
    const path = normalize(decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname))
    try {
      const body = await readFile(join(folder, path))
      answer.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body)
    } catch {
      answer
        .writeHead(404, { 'content-type': 'text/html; charset=utf-8' })
        .end(await readFile(join(folder, '404.html')))
    }
  })
  return { origin: `http://127.0.0.1:${port}`, stop: () => server.close() }
}
