/**
 * An app in a browser on an origin of its own: a page with somebody's library, bundled as its users bundle it.
 *
 * @module
 */

import type { Server } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import { listen } from '../browser/chromium.ts'
import { ROOT } from '../checkout.ts'
import type { Registration } from '../interop/pages/page.ts'

/** A running app. */
export interface AppPage {
  readonly origin: string
  /** Lets the app know where a path of it is registered. */
  register(path: string, registration: Omit<Registration, 'redirect_uri'>): void
  stop(): void
}

/** Starts the app whose script is a file of `test/interop/pages`. */
export async function startAppPage(name: string): Promise<AppPage> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'test/interop/pages', `${name}.ts`)],
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
  })
  const script = outputFiles[0]?.text
  const registrations = new Map<string, Registration>()
  const answer: Parameters<typeof listen>[0] = ({ url = '' }, outgoing) => {
    const { pathname } = new URL(url, 'http://app.example')
    const registration = registrations.get(pathname)
    if (pathname === '/app.js') outgoing.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (registration === undefined) outgoing.writeHead(404).end()
    else
      outgoing
        .writeHead(200, { 'content-type': 'text/html' })
        .end(
          `<!doctype html><title>App</title><h1>The app</h1><pre></pre><script>registration = ${JSON.stringify(registration)}</script><script type="module" src="/app.js"></script>`,
        )
  }
  const { server, port }: { server: Server; port: number } = await listen(answer)
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    register: (path, registration) => {
      registrations.set(path, { ...registration, redirect_uri: origin + path })
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
