/**
 * A real Chromium, and what stands between it and an issuer.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'

/** Whether tests in a browser are left out: never in CI. */
export const isWithoutChromium: boolean = !existsSync(CHROMIUM) && process.env['CI'] !== 'true'
if (isWithoutChromium)
  console.warn("Debian's chromium is not installed: the browser tests are skipped here, and fail in CI.")

const FLAGS = [
  '--no-sandbox',
  '--headless',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
]

/** Starts the browser. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

/** Starts a server on this machine, at this port, or one that nobody has; returns it with its port. */
export async function listen(answer: RequestListener, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

/** Returns a proxy to a port that leaves out these headers of requests, as old proxies do, and old browsers. */
export function proxyWithout(names: RegExp, port: () => number): RequestListener {
  return (incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !names.test(name)))
    const onward = httpRequest({ host: '127.0.0.1', port: port(), method, path, headers: kept }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  }
}
