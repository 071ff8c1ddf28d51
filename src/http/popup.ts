/**
 * The window that opened a page of ours as a popup: cut off from it, but where a client's settings say that its answer goes
 * there (HTML, `Cross-Origin-Opener-Policy`).
 *
 * @module
 */

import type { Context } from 'hono'
import type { Client } from '../registration/clients/client.ts'

const VARIABLE = 'keepsOpener'

/** Keeps the opener of the page that answers a request, if the client on whose way it is opens popups. */
export function keepOpener(c: Context, client: Client | undefined): void {
  if (client?.opensPopup === true) c.set(VARIABLE, true)
}

/** Tells whether the opener is kept. */
export function isOpenerKept(c: Context): boolean {
  return c.get(VARIABLE) === true
}
