/**
 * How many tokens a resource server opens in a second of CPU.
 *
 * @module
 */

import { createDirectVerifier } from '../../../src/verifier/direct.ts'
import { createVerifier, type Verifier } from '../../../src/verifier/index.ts'
import { API, directToken, ISSUER, LEDGER, nestedTokens, PARTNER, PARTNER_KEY } from '../tokens.ts'

/** What one kind of token came to. */
export interface OpeningRate {
  readonly token: string
  readonly perCpuSecond: number
}

/** How many are opened between two looks at the clock. */
const BATCH = 100

async function openFor(seconds: number, { verify }: Verifier, token: string): Promise<number> {
  const end = performance.now() + seconds * 1000
  let opened = 0
  while (performance.now() < end) {
    for (let index = 0; index < BATCH; index++)
      if (!(await verify(token)).ok) throw new Error('a good token is refused')
    opened += BATCH
  }
  return opened
}

/** Opens tokens of each kind in this process, whose other threads count, too. */
export async function openingRates(seconds: number): Promise<readonly OpeningRate[]> {
  const direct = await directToken()
  const { byKey, byLeaf, keys, jwks } = await nestedTokens()
  const common = { issuer: ISSUER, jwks }
  const kinds: readonly (readonly [name: string, verifier: Verifier, token: string])[] = [
    ['`direct`', createDirectVerifier({ issuer: ISSUER, resource: API, keys: direct.keys }), direct.token],
    ['`nested` under a leaf', createVerifier({ ...common, resource: LEDGER, keys }), byLeaf],
    [
      '`nested` to a P-256 key',
      createVerifier({ ...common, resource: PARTNER, decryptionKeys: { keys: [PARTNER_KEY] } }),
      byKey,
    ],
  ]
  const rates: OpeningRate[] = []
  for (const [name, verifier, token] of kinds) {
    await openFor(seconds / 4, verifier, token)
    const before = process.cpuUsage()
    const opened = await openFor(seconds, verifier, token)
    const { user, system } = process.cpuUsage(before)
    rates.push({ token: name, perCpuSecond: (opened / (user + system)) * 1e6 })
  }
  return rates
}
