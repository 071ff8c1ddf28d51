/**
 * A device without a keyboard, and the person who lets it in from a browser elsewhere.
 *
 * @module
 */

import { createMemoryGuard, type IssuerSettings, type LogEntry } from '../../src/index.ts'
import { ISSUER, NOW, testIssuer, VARS } from '../fixtures.ts'
import { DEVICE_CLIENTS, DEVICE_CODE } from './device_clients.ts'
import { type Ask, type Browser, type Changes, createApp, createBrowser, hiddenField, signLogin } from './person.ts'

export { DEVICE_CLIENTS, DEVICE_CODE } from './device_clients.ts'

/** What a device is told first (RFC 8628 §3.2). */
export interface DeviceAnswer {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  readonly expires_in: number
  readonly interval: number
  readonly error?: string
}

/** A device. */
export interface Device {
  /** Asks for a code. */
  begin(changes?: Changes): Promise<Response>
  /** Asks for a code, and reads it. */
  start(changes?: Changes): Promise<DeviceAnswer>
  /** Asks for its tokens. */
  poll(deviceCode: string, changes?: Changes): Promise<Response>
}

/** Returns a device; one with a secret proves itself. */
export function createDevice(ask: Ask, client = 'pub', issuer = ISSUER): Device {
  const app = createApp(ask, { client, issuer })
  const elsewhere = createApp((request) => ask(new Request(`${issuer}/device_authorization`, request)), {
    client,
    issuer,
  })
  const begin: Device['begin'] = (changes = {}) => elsewhere.ask({ scope: 'read', ...changes })
  return {
    begin,
    start: async (changes) => (await (await begin(changes)).json()) as DeviceAnswer,
    poll: (device_code, changes = {}) => app.ask({ grant_type: DEVICE_CODE, device_code, ...changes }),
  }
}

/** Somebody who lets devices in. */
export interface Owner {
  readonly browser: Browser
  /** Goes to the page, and logs in where that is asked; returns what is shown then. */
  visit(url?: string): Promise<Response>
  /** Types a code at the page; returns what is shown then. */
  type(code: string): Promise<Response>
  /** Types a code, and answers; returns the page at the end. */
  answer(code: string, decision: 'allow' | 'deny' | 'switch'): Promise<Response>
  /** Sends the answer of a page that asks. */
  press(page: string, decision: string): Promise<Response>
}

/** Returns somebody with a browser that has never been anywhere. */
export function createOwner(ask: Ask, now: () => number, name = 'alice', issuer = ISSUER): Owner {
  const browser = createBrowser(ask)
  const visit: Owner['visit'] = async (url = `${issuer}/device`) => {
    const first = await browser.get(url)
    const location = first.headers.get('location') ?? ''
    if (!location.startsWith(VARS.LOGIN.url)) return first
    const back = await browser.get(await signLogin(location, name, { now: now(), issuer }))
    return back.status === 303 ? browser.get(back.headers.get('location') ?? '') : back
  }
  const type: Owner['type'] = async (user_code) => {
    const form = hiddenField(await (await visit()).text(), 'form')
    return browser.post(`${issuer}/device`, { form, user_code })
  }
  const press: Owner['press'] = (page, decision) =>
    browser.post(`${issuer}/device`, { consent: hiddenField(page, 'consent'), decision })
  return {
    browser,
    visit,
    type,
    press,
    answer: async (code, decision) => press(await (await type(code)).text(), decision),
  }
}

/** An issuer with a clock that the test turns, its devices, and those who let them in. */
export function setUpDevices(changes: Partial<IssuerSettings> = {}) {
  let now = NOW
  const lines: LogEntry[] = []
  const settings = { clients: DEVICE_CLIENTS, now: () => now, guard: createMemoryGuard(() => now), ...changes }
  const issuer = testIssuer({ log: (entry) => lines.push(entry), ...settings })
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  return {
    ask,
    lines,
    device: createDevice(ask),
    owner: (name?: string) => createOwner(ask, () => now, name),
    wait: (seconds: number) => (now += seconds),
  }
}
