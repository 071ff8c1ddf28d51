/**
 * An issuer behind Node's own server.
 *
 * @module
 */

import type { Server } from 'node:http'
import { serve as serveBy } from '@hono/node-server'
import type { Issuer } from '../issuer.ts'

/** Bytes of headers that Node takes: a login under way and what people allowed want more than its own 16 KB. */
const HEADER_BYTES = 32_768

/** Milliseconds that requests have to finish. */
const FINISH = 10_000

/** What is served. */
export interface ServeOptions {
  /** Makes the issuer: at the start, and again at `SIGHUP`. */
  readonly issuer: () => Issuer | Promise<Issuer>
  /** Where to listen. */
  readonly port: number
  /** By which address. Default: all. */
  readonly host?: string
}

/** A server that runs. */
export interface Served {
  readonly port: number
  /** Makes the issuer anew, and serves it from then on; what is wrong with it is thrown, and the one before goes on. */
  reload(): Promise<void>
  /** Takes nothing more, lets finish what runs, for 10 seconds, and ends. */
  close(): Promise<void>
}

/** Serves an issuer. */
export async function serve({ issuer, port, host }: ServeOptions): Promise<Served> {
  let current = await issuer()
  const server = await new Promise<Server>((resolve, reject) => {
    const started = serveBy(
      {
        fetch: (request, env) => current.fetch(request, env),
        port,
        ...(host !== undefined && { hostname: host }),
        serverOptions: { maxHeaderSize: HEADER_BYTES },
      },
      () => resolve(started),
    ) as Server
    started.once('error', reject)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async reload() {
      current = await issuer()
    },
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), FINISH)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}
