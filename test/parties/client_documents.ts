/**
 * An issuer at which clients walk in by a document, and the hosts that publish what they say of themselves.
 *
 * @module
 */

import { ISSUER, NOW } from '../fixtures.ts'
import { CLIENT_KEY, clientAssertion } from './trusted.ts'
import { CALLBACK, createWalkInIssuer, type WalkInChanges, type WalkInIssuer } from './walk_in.ts'

/** The client: where its document stands. */
export const APP = 'https://client.example/app.json'

/** Where its keys stand, when they stand elsewhere. */
export const APP_KEYS = 'https://client.example/keys.json'

/** The client, as a party that asks. */
export const CLIENT = { client_id: APP }

const { kty, crv, x, y, kid } = CLIENT_KEY

/** The public keys of the client. */
export const KEYS: { readonly keys: readonly Readonly<Record<string, unknown>>[] } = { keys: [{ kty, crv, x, y, kid }] }

/** What the client publishes. */
export const DOCUMENT: Readonly<Record<string, unknown>> = {
  client_id: APP,
  client_name: 'An app',
  client_uri: 'https://client.example/',
  logo_uri: 'https://client.example/logo.png',
  redirect_uris: [CALLBACK, 'https://client.example/cb'],
  token_endpoint_auth_method: 'none',
}

/** How the client that signs publishes it, by where its keys stand. */
export const SIGNING = {
  jwks: { token_endpoint_auth_method: 'private_key_jwt', jwks: KEYS },
  jwks_uri: { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: APP_KEYS },
} as const

/** An issuer, and what strangers publish. */
export interface DocumentIssuer extends WalkInIssuer {
  /** What was fetched of strangers, in order. */
  readonly fetched: readonly string[]
  /** What stands where; what is nothing is out of reach. */
  readonly published: Map<string, (() => Response | Promise<Response>) | undefined>
  /** Publishes the client's document, right unless it is changed; what is `undefined` is left out. */
  publish(changes?: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): void
  /** What the log was told. */
  readonly lines: readonly { readonly event: string; readonly detail?: string; readonly code?: string }[]
  /** Moves the clock. */
  wait(seconds: number): void
  /** Returns how the client signs itself in the form. */
  sign(signing?: { readonly kid?: string }): Promise<Record<string, string>>
  /** Asks an endpoint by a form. */
  post(
    path: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>
}

/** Returns an issuer, and a client that has published its document. */
export function createDocumentIssuer(changes: WalkInChanges = {}): DocumentIssuer {
  let at = NOW
  const fetched: string[] = []
  const lines: DocumentIssuer['lines'][number][] = []
  const published: DocumentIssuer['published'] = new Map()
  const issuer = createWalkInIssuer({
    now: () => at,
    log: (entry) => void lines.push(entry),
    async fetch(url) {
      fetched.push(url)
      const answer = published.get(url)
      if (answer === undefined) throw new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } })
      return answer()
    },
    ...changes,
  })
  const publish: DocumentIssuer['publish'] = (said, headers = {}) =>
    void published.set(APP, () => Response.json({ ...DOCUMENT, ...said }, { headers }))
  publish()
  published.set(APP_KEYS, () => Response.json(KEYS))
  return {
    ...issuer,
    fetched,
    lines,
    published,
    publish,
    wait: (seconds) => {
      at += seconds
    },
    async sign(signing = {}) {
      const header = { header: { kid: signing.kid ?? kid } }
      return {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await clientAssertion(ISSUER, at, { iss: APP, sub: APP }, header),
      }
    },
    post: (path, form, headers = {}) =>
      issuer.ask(
        new Request(ISSUER + path, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
          body: new URLSearchParams(form).toString(),
        }),
      ),
  }
}
