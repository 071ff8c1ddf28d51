/**
 * An OpenID provider of ours in workerd, for programs of others that log people in there, and a person with a browser.
 *
 * @module
 */

import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { createRing } from '../../keys/index.ts'
import { ROOT } from '../checkout.ts'
import { testKey } from '../fixtures.ts'
import { type LiveIssuer, startIssuer } from './live_issuer.ts'
import { RING_RSA } from './partner.ts'

/** What all relying parties ask for. */
export const SCOPES = ['openid', 'profile', 'email'] as const

/** Starts an OpenID provider with these clients. */
export function startOpenidIssuer(CLIENTS: Readonly<Record<string, unknown>>): Promise<LiveIssuer> {
  const ring = createRing({ now: Math.floor(Date.now() / 1000), key: testKey(), rsaKey: RING_RSA })
  return startIssuer({ CLIENTS, OPENID: {} }, { ring, entrypoint: join(ROOT, 'test/parties/openid_worker.ts') })
}

/** Presses a button. */
export function press(page: Page, name: string): Promise<void> {
  return page.getByRole('button', { name, exact: true }).click()
}

/** Logs a person in at our page, and allows what an app asks for. */
export async function logIn(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('alice')
  await press(page, 'Log in')
  await press(page, 'Allow')
}
