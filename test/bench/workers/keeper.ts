/**
 * A Worker that opens tokens as often as it is asked to: one again and again, or a flood of different ones, with `keep` and
 * without. Its caller takes the time: inside workerd the clock stands still.
 *
 * @module
 */

import { createLeaves, readKeys } from '../../../keys/index.ts'
import { sealDirect } from '../../../src/token/direct.ts'
import { createDirectVerifier } from '../../../src/verifier/direct.ts'

interface Env {
  readonly ISSUER: string
  readonly RESOURCE: string
  readonly KEYS: string
  /** Unix seconds at which tokens are sealed, and seconds for which they live. */
  readonly NOW: string
  readonly LIFE: string
  /** How many tokens are kept. */
  readonly KEEP: string
}

type Way = (times: number) => Promise<boolean>

async function waysOf(env: Env): Promise<Readonly<Record<string, Way>>> {
  const { ISSUER: issuer, RESOURCE: resource, KEYS: keys } = env
  const [now, life, most] = [Number(env.NOW), Number(env.LIFE), Number(env.KEEP)]
  const leaves = createLeaves({ ...readKeys(keys), longestLife: life })
  const all = await Promise.all(
    Array.from({ length: 2 * most }, (_, index) => {
      const names = { sub: 'client:billing', client_id: 'billing', jti: `${index}`.padStart(22, 'A'), aud: resource }
      const scope = ['orders:read', 'orders:write']
      return sealDirect({ ...names, scope, iat: now, exp: now + life, claims: {} }, issuer, leaves, now)
    }),
  )
  const letters = all.map((token) => new TextEncoder().encode(token))
  const latin1 = new TextDecoder('latin1')
  const way = (keep: number, different: number): Way => {
    const verifier = createDirectVerifier({ issuer, resource, keys, keep })
    let turn = 0
    return async (times) => {
      // As a request brings it: letters that nobody has looked at.
      for (let left = times; left > 0; left--)
        if (!(await verifier.verify(latin1.decode(letters[turn++ % different]))).ok) return false
      return true
    }
  }
  return {
    kept: way(most, 1),
    anew: way(0, 1),
    'flood-kept': way(most, all.length),
    flood: way(0, all.length),
  }
}

let ways: Promise<Readonly<Record<string, Way>>> | undefined

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    ways ??= waysOf(env)
    const way = (await ways)[pathname.slice(1)]
    if (way === undefined) return new Response('there is no such way')
    // What is refused fast is no speed.
    return new Response((await way(Number(searchParams.get('times')))) ? 'done' : 'a good token is refused')
  },
}
