/**
 * An issuer whose API is handed the token of a provider, the provider, and a person who goes through all of it.
 *
 * @module
 */

import { createKeyring, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, type IssuerSettings, loginProviders } from '../../src/index.ts'
import { openDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { API, API2, basic, ISSUER, NOW, secretHash, type TokenAnswer, testRing } from '../fixtures.ts'
import {
  authorizeUrl,
  type Browser,
  type Changes,
  createBrowser,
  formOf,
  goesTo,
  hiddenField,
  VERIFIER,
} from './person.ts'
import type { TestProvider } from './test_provider.ts'

export { CANARY, createTestProvider, type TestProvider } from './test_provider.ts'

/** The secret of the confidential app below. */
export const APP_SECRET = 'app-secret'

/** What is on both sides. */
export interface HandOver {
  readonly browser: Browser
  readonly ask: (request: Request) => Promise<Response>
  /** Waits until nothing goes on any more beside the answers. */
  settled(): Promise<void>
  /** Goes to the authorization endpoint, logs in at the provider, says yes, and returns where the browser ends up. */
  authorize(changes?: Changes): Promise<URL>
  /** Asks the token endpoint, as the app. */
  token(form: Changes): Promise<TokenAnswer & { readonly refresh_token?: string }>
  /** Goes through all of it. */
  login(changes?: Changes): Promise<TokenAnswer & { readonly refresh_token?: string }>
  /** Opens a token of the API. */
  open(token: string): Promise<Entitlement>
}

/**
 * Returns an issuer at `NOW` whose `API` is handed the token of `github`, and whose `API2` is handed nothing.
 *
 * @param hear is given all that is asked and answered. Default: nobody listens
 */
export function createHandOver(
  given: TestProvider,
  changes: Partial<IssuerSettings> = {},
  hear?: (request: Request, response: Response) => void,
): HandOver {
  const now = changes.now ?? (() => NOW)
  const keyRing = writeRing(testRing(NOW))
  const issuer = createIssuer({
    issuer: ISSUER,
    keyRing,
    resources: {
      [API]: { scopes: ['read'], provider_token: 'github', provider_scope: 'repo' },
      [API2]: { scopes: ['mail'] },
    },
    guard: createMemoryGuard(now),
    authenticate: loginProviders({ github: given.provider }),
    log: () => {},
    now,
    clients: {
      app: {
        secret_hash: secretHash(APP_SECRET),
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['https://app.example/cb'],
        resources: [API, API2],
        scopes: ['read', 'mail'],
      },
    },
    ...changes,
  })
  const beside: Promise<unknown>[] = []
  const execution = {
    waitUntil: (promise: Promise<unknown>) => {
      beside.push(promise)
    },
    passThroughOnException() {},
    props: {},
  }
  const ask = async (request: Request): Promise<Response> => {
    const asked = request.clone()
    const response = await issuer.fetch(request, {}, execution)
    hear?.(asked, response.clone())
    return response
  }
  const browser = createBrowser(ask)

  async function authorize(asked: Changes = {}): Promise<URL> {
    let response = await browser.get(authorizeUrl({ client_id: 'app', ...asked }))
    for (
      let location = response.headers.get('location');
      location !== null;
      location = response.headers.get('location')
    ) {
      const url = new URL(location)
      if (url.origin === 'https://app.example') return url
      const [state, back] = [url.searchParams.get('state') ?? '', url.searchParams.get('redirect_uri') ?? '']
      response = await browser.get(url.origin === ISSUER ? location : `${back}?${formOf({ state, code: 'c' })}`)
    }
    const page = await response.text()
    const consent = hiddenField(page, 'consent')
    if (consent === '') return new URL(goesTo(page) || `page:${response.status}`)
    const answered = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    return new URL(goesTo(await answered.text()) || `page:${answered.status}`)
  }

  async function token(form: Changes) {
    const headers = { authorization: basic('app', APP_SECRET), 'content-type': 'application/x-www-form-urlencoded' }
    const init = { method: 'POST', headers, body: formOf(form).toString() }
    return (await ask(new Request(`${ISSUER}/token`, init))).json() as Promise<TokenAnswer>
  }

  return {
    browser,
    ask,
    async settled() {
      while (beside.length > 0) await Promise.allSettled(beside.splice(0))
    },
    authorize,
    token,
    async login(asked) {
      const code = (await authorize(asked)).searchParams.get('code') ?? ''
      return token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })
    },
    async open(envelope) {
      const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', API, 'A256GCM', 600)
      const at = { now: now(), clockTolerance: 0, longestLife: 600, anonymous: false }
      const opened = await openDirect(envelope, leaves, { issuer: ISSUER, resource: API, ...at })
      return opened.entitlement
    },
  }
}
