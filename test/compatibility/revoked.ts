/**
 * What is revoked at one of two versions, and refused by the other.
 *
 * @module
 */

import { expect } from 'vitest'
import { API } from '../fixtures.ts'
import {
  approve,
  GONE,
  granted,
  introspect,
  mint,
  type Pair,
  post,
  redeem,
  refresh,
  refused,
  ringOf,
  type Side,
} from './pair.ts'

/** Something that is revoked. */
export interface Revocation {
  readonly what: string
  /** How this version writes it down: as 0.1.0 does, under names that 0.1.0 cannot tell, or both. */
  readonly stands: 'plain' | 'named' | 'both'
  /** Revokes it, and returns an access token that it hits. */
  revoke(pair: Pair): Promise<string>
}

const byOperator = async (side: Side, kind: string, value: string): Promise<void> => {
  expect((await post(side, 'revocations', { kind, value }, 'operator')).status).toBe(200)
}

const withPerson = (
  what: string,
  stands: Revocation['stands'],
  revoke: (pair: Pair, token: string, refreshToken: string) => Promise<unknown>,
): Revocation => ({
  what,
  stands,
  async revoke(pair) {
    const { access_token, refresh_token } = await granted(redeem(pair.maker, await approve(pair, pair.maker)))
    await revoke(pair, access_token, refresh_token)
    expect(await refused(refresh(pair.taker, refresh_token))).toEqual(GONE)
    return access_token
  },
})

/** All of them. */
export const REVOCATIONS: readonly Revocation[] = [
  {
    what: 'its token, by a client',
    stands: 'plain',
    async revoke({ maker }) {
      const token = await mint(maker, API)
      expect((await post(maker, 'revoke', { token }, 'machine')).status).toBe(200)
      return token
    },
  },
  withPerson('a refresh token, by a client, and what came of it', 'named', async ({ maker }, _, token) =>
    expect((await post(maker, 'revoke', { token, client_id: 'pub' })).status).toBe(200),
  ),
  withPerson('a client, by an operator', 'plain', ({ maker }) => byOperator(maker, 'client', 'pub')),
  withPerson('a person, by an operator', 'named', ({ maker }) => byOperator(maker, 'sub', 'alice')),
  withPerson('a grant, by an operator', 'both', async ({ maker }, token) => {
    const { gid = '' } = (await introspect(maker, token)) as { gid?: string }
    expect(gid).not.toBe('')
    await byOperator(maker, 'grant', gid)
  }),
  {
    what: 'a key, by an operator',
    stands: 'plain',
    async revoke({ maker, ring }) {
      const token = await mint(maker, API)
      await byOperator(maker, 'kid', ringOf(maker.version, ring).roots[0]?.kid ?? '')
      return token
    },
  },
]
