/**
 * The person's own browser, opened at an address.
 *
 * @module
 */

import { spawn } from 'node:child_process'

/** What opens an address, on each platform; the address is an argument of its own, and no shell reads it. */
const OPENERS: Partial<Readonly<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** Opens an http or https address, if there is a browser: where there is none, the person has been told the address. */
export function openBrowser(url: string): void {
  const { protocol, href } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') return
  const [file = '', ...args] = OPENERS[process.platform] ?? ['xdg-open']
  spawn(file, [...args, href], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
