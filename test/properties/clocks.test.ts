import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createIssuer, createMemoryRevocations } from '../../src/index.ts'
import { createVerifier, remoteKeys } from '../../src/verifier/index.ts'
import { ISSUER, NOW, PARTNER_KEY, SECRETS, SIGNED, testSettings, tokenRequest } from '../fixtures.ts'
import { readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

type Step =
  /** Time passes. */
  | { readonly wait: number }
  /** Somebody sets the clock of issuer and verifier wrong, by so much. */
  | { readonly wrongBy: number }
  | { readonly do: 'mint' | 'revoke' | 'ask' | 'be down' | 'be up' }

function createWorld() {
  let [now, wrongBy, isDown] = [NOW, 0, false]
  const tokens: string[] = []
  const clock = (): number => now + wrongBy
  const issuer = createIssuer(testSettings({ now: clock, revocations: createMemoryRevocations('salt') }))
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    if (isDown) throw new TypeError('Network connection lost')
    return issuer.fetch(new Request(url, init))
  }
  const newVerifier = () =>
    createVerifier({
      issuer: ISSUER,
      resource: SIGNED,
      keys: remoteKeys({
        url: `${ISSUER}/keys?resource=${SIGNED}`,
        clientId: 'partner-server',
        clientSecret: SECRETS['partner-server'],
        decryptionKey: PARTNER_KEY,
        fetch,
      }),
      jwksUri: `${ISSUER}/jwks`,
      fetch,
      now: clock,
      waitUntil: () => {},
      // Of one clock, as it is here, introspection and verifier tell alike when a token is over.
      clockTolerance: 0,
      revocations: { url: `${ISSUER}/revocations` },
    })
  const verifier = newVerifier()
  const askAt = async (asked: typeof verifier, token: string): Promise<string> => {
    const result = await asked.verify(token)
    return result.ok ? 'ok' : (result.reason ?? '')
  }
  const mint = async (): Promise<string | undefined> => {
    const form = { grant_type: 'client_credentials', resource: SIGNED }
    const answer = await issuer.fetch(tokenRequest({ client: 'machine', form }))
    return answer.status === 200 ? (await readAnswer(answer)).access_token : undefined
  }
  return {
    tokens,
    verifier,
    askAt,
    newVerifier,
    async step(step: Step): Promise<void> {
      const last = tokens.at(-1) ?? 'x'
      if ('wait' in step) now += step.wait
      else if ('wrongBy' in step) wrongBy = step.wrongBy
      else if (step.do === 'ask') await askAt(verifier, last)
      else if (step.do === 'revoke') await issuer.fetch(formRequest('/revoke', 'machine', { token: last }))
      else if (step.do === 'mint') tokens.push((await mint()) ?? last)
      else isDown = step.do === 'be down'
      // What was begun beside a request comes to its end.
      await new Promise((resolve) => setTimeout(resolve, 0))
    },
    async isActive(token: string): Promise<boolean> {
      const answer = await issuer.fetch(formRequest('/introspect', 'partner-server', { token }))
      return ((await answer.json()) as { active: boolean }).active
    },
  }
}

const DAY = 86_400
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(1, 6, 11, 40, 61, 400).map((wait) => ({ wait })) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(0, 0, -5, 5, 70, -70, 600, -600, DAY, -DAY, 365 * DAY).map((wrongBy) => ({ wrongBy })),
  },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom('mint', 'ask', 'ask', 'revoke', 'be down', 'be up')
      .map((what) => ({ do: what }) as Step),
  },
)

// promise: T01
it('a clock that was wrong, however it jumped, and is right again, leaves verifier and issuer as if it had never been wrong', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (history, isRevoked) => {
      const world = createWorld()
      const last: readonly Step[] = isRevoked ? [{ do: 'mint' }, { do: 'revoke' }] : [{ do: 'mint' }]
      const end: readonly Step[] = [{ do: 'be up' }, { wrongBy: 0 }, ...last, { wait: 40 }]
      for (const one of [{ do: 'mint' } as const, ...history, ...end]) await world.step(one)
      const fresh = world.newVerifier()
      // The token of now, and those that were made on the way, at whatever time.
      for (const token of new Set(world.tokens.toReversed())) {
        const expected = await world.askAt(fresh, token)
        expect(await world.askAt(world.verifier, token)).toBe(expected)
        if (expected === 'ok' || expected === 'revoked') expect(await world.isActive(token)).toBe(expected === 'ok')
      }
    }),
    { numRuns: 150 },
  )
}, 120_000)
