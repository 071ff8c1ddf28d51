/**
 * An issuer behind a network that takes its time, can be down, and is counted; and a verifier on the other side of it.
 *
 * @module
 */

import { type Ring, revokeRoot, rotateRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryRevocations, type Issuer } from '../../src/index.ts'
import { createVerifier, remoteKeys, type Verifier, type VerifierOptions } from '../../src/verifier/index.ts'
import {
  API,
  ISSUER,
  NOW,
  named,
  PARTNER,
  PARTNER_KEY,
  SECRETS,
  testKey,
  testRing,
  testSettings,
  tokenRequest,
} from '../fixtures.ts'
import { readAnswer } from './person.ts'
import { formRequest } from './servers.ts'

/** What comes over the network: after a while, when the test says so, or not at all. */
export type Network = (
  path: string,
  answer: () => Promise<Response>,
  signal: AbortSignal | undefined,
) => Promise<Response>

/** The issuer, and what can be done to it and to time. */
export interface DistantIssuer {
  /** What was asked for, path by path. */
  readonly asked: string[]
  /** Returns a verifier that knows nothing yet: of leaves and revocations; or of the partner, by the public keys. */
  verifier(of?: 'leaves' | 'public keys', changes?: Partial<VerifierOptions>): Verifier
  /** Gets a token. */
  mint(resource?: string): Promise<string>
  revoke(token: string): Promise<void>
  /** Lets time pass; or sets the clock, by less than nothing or by more than passes. */
  wait(seconds: number): void
  /** Lets the clock of the issuer alone be ahead. */
  ahead(seconds: number): void
  setNetwork(network: Network): void
  /** Replaces the only root, as after a leak: the next one seals at once, and nobody can have known. */
  replaceRoot(): void
}

/** Lets what was asked for come after so many milliseconds. */
export const slow =
  (milliseconds: number): Network =>
  async (_, answer) => {
    const response = await answer()
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    return response
  }

/** Nothing comes. */
export const down: Network = () => Promise.reject(new TypeError('Network connection lost'))

/** Returns an issuer at `NOW`, over a network that takes five milliseconds. */
export function createDistantIssuer(): DistantIssuer {
  let now = NOW
  let isAhead = 0
  let network = slow(5)
  let ring: Ring = testRing(NOW)
  let turn = 0
  const asked: string[] = []
  const revocations = createMemoryRevocations('salt')
  const make = (): Issuer =>
    createIssuer(testSettings({ now: () => now + isAhead, keyRing: writeRing(ring), revocations }))
  let issuer = make()
  const fetch = (url: string, init?: RequestInit): Promise<Response> => {
    const { pathname } = new URL(url)
    asked.push(pathname)
    return network(pathname, async () => issuer.fetch(new Request(url, init)), init?.signal ?? undefined)
  }
  return {
    asked,
    verifier(of = 'leaves', changes = {}) {
      const common = { issuer: ISSUER, fetch, now: () => now, ...changes }
      if (of === 'public keys') {
        return createVerifier({
          resource: PARTNER,
          decryptionKeys: { keys: [PARTNER_KEY] },
          jwksUri: `${ISSUER}/jwks`,
          ...common,
        })
      }
      const waitUntil = changes.waitUntil === undefined ? {} : { waitUntil: changes.waitUntil }
      const url = `${ISSUER}/keys?resource=${API}`
      const keys = remoteKeys({ url, clientId: 'api-server', clientSecret: SECRETS['api-server'], fetch, ...waitUntil })
      return createVerifier({ resource: API, keys, revocations: { url: `${ISSUER}/revocations` }, ...common })
    },
    async mint(resource = API) {
      const client = resource === API ? 'service' : 'machine'
      const form = { grant_type: 'client_credentials', resource }
      return (await readAnswer(await issuer.fetch(tokenRequest({ client, form })))).access_token
    },
    async revoke(token) {
      const { status } = await issuer.fetch(formRequest('/revoke', 'service', { token }))
      if (status !== 200) throw new Error(`not revoked: ${status}`)
    },
    wait(seconds) {
      now += seconds
    },
    ahead(seconds) {
      isAhead = seconds
    },
    setNetwork(next) {
      network = next
    },
    replaceRoot() {
      const [root] = ring.roots.filter(({ kid }) => !ring.revoked.includes(kid))
      const rotation = rotateRing(revokeRoot(ring, root?.kid ?? ''), { now, key: testKey(++turn) })
      if (!rotation.ok) throw new RangeError(rotation.detail)
      ring = named(rotation.ring)
      issuer = make()
    },
  }
}

/** Asks a verifier for a token so many times at once, and returns what became of it. */
export async function askAtOnce(
  verifier: Verifier,
  token: string,
  times: number,
): Promise<readonly (string | undefined)[]> {
  const results = await Promise.all(Array.from({ length: times }, () => verifier.verify(token)))
  return results.map((result) => (result.ok ? 'ok' : result.reason))
}

/** Returns the same answer so many times. */
export const all = (times: number, answer: string): readonly string[] => Array.from({ length: times }, () => answer)
