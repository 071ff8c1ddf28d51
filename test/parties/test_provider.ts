/**
 * A provider that knows who sits there, and gives what it is told to.
 *
 * @module
 */

import type { LoginProvider, ProviderTokens } from '../../src/login/authenticate.ts'

/** Stands in every token that the provider gives: it may be found in the envelope for its API, and nowhere else. */
export const CANARY = 'canary-4d1f'

/** A provider that knows who sits there, and gives what it is told to. */
export interface TestProvider {
  readonly provider: LoginProvider
  /** What it gives at the next login. */
  tokens: ProviderTokens | undefined
  /** Who sits there. */
  id: string
}

/** Returns a provider called `github`. */
export function createTestProvider(): TestProvider {
  const given: TestProvider = {
    tokens: { accessToken: `${CANARY}-1`, scope: ['repo'] },
    id: '583231',
    provider: {
      label: 'GitHub',
      tellsAuthTime: false,
      async authenticate(_, transaction) {
        const { step, state, callback, provider } = transaction
        if (step === 'continue')
          return { sub: `${provider}|${given.id}`, ...(given.tokens === undefined ? {} : { tokens: given.tokens }) }
        const location = `https://github.example/authorize?${new URLSearchParams({ state, redirect_uri: callback })}`
        return new Response(null, { status: 303, headers: { location } })
      },
    },
  }
  return given
}
