import fc from 'fast-check'
import { expect, it } from 'vitest'
import { revokeRoot, rotateRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryRevocations } from '../../src/index.ts'
import { createVerifier, remoteKeys } from '../../src/verifier/index.ts'
import { API, ISSUER, NOW, SECRETS, testKey, testRing, testSettings, tokenRequest } from '../fixtures.ts'
import { readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

/** What can have happened before a burst. */
type Step =
  | { readonly wait: number }
  | { readonly do: 'mint' | 'revoke' | 'ask' | 'replace the ring' | 'be down' | 'be up' }

/** Lets fetches land: in whatever order somebody decides, or at once. */
type Land = <Value>(value: Value) => Promise<Value>

type World = ReturnType<typeof createWorld>

/** An issuer, a verifier that fetches all it needs, and a clock. */
function createWorld(land: Land) {
  let now = NOW
  let ring = testRing(NOW)
  let isDown = false
  const tokens: string[] = []
  const revocations = createMemoryRevocations('salt')
  const make = () => createIssuer(testSettings({ now: () => now, revocations, keyRing: writeRing(ring) }))
  let issuer = make()
  let landing: Land = async (value) => value
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    // What a request finds is what there is when it leaves; when it lands is another matter.
    const answer = isDown ? undefined : await issuer.fetch(new Request(url, init))
    await landing(url)
    if (answer === undefined) throw new TypeError('Network connection lost')
    return answer
  }
  const url = `${ISSUER}/keys?resource=${API}`
  const verifier = createVerifier({
    issuer: ISSUER,
    resource: API,
    keys: remoteKeys({ url, clientId: 'api-server', clientSecret: SECRETS['api-server'], fetch }),
    fetch,
    now: () => now,
    waitUntil: () => {},
    revocations: { url: `${ISSUER}/revocations` },
  })
  const ask = async (token: string): Promise<string> => {
    const result = await verifier.verify(token)
    return result.ok ? 'ok' : (result.reason ?? '')
  }
  return {
    async step(step: Step): Promise<void> {
      if ('wait' in step) now += step.wait
      else if (step.do === 'mint') tokens.push((await readAnswer(await issuer.fetch(tokenRequest()))).access_token)
      else if (step.do === 'revoke')
        await issuer.fetch(formRequest('/revoke', 'service', { token: tokens.at(-1) ?? 'x' }))
      else if (step.do === 'ask') await ask(tokens.at(-1) ?? 'x')
      else if (step.do === 'replace the ring') {
        const revoked = ring.roots.reduce((changed, { kid }) => revokeRoot(changed, kid), ring)
        const rotation = rotateRing(revoked, { now, key: testKey(ring.roots.length + 1) })
        if (rotation.ok) ring = rotation.ring
        issuer = make()
      } else isDown = step.do === 'be down'
      // What was begun beside a request comes to its end.
      await new Promise((resolve) => setTimeout(resolve, 0))
    },
    /** The last two tokens, in turn, by so many requests at once. */
    burst(times: number): readonly Promise<string>[] {
      landing = land
      return Array.from({ length: times }, (_, index) => ask(tokens.at(-1 - (index % 2)) ?? 'x'))
    },
    /** The same requests one by one: those with the newer token first, or last. */
    async oneByOne(times: number, isNewerFirst: boolean): Promise<readonly string[]> {
      const answers: string[] = Array(times).fill('')
      const turns = answers.map((_, index) => index)
      const inOrder = turns.toSorted((a, b) => ((a % 2) - (b % 2)) * (isNewerFirst ? 1 : -1))
      for (const index of inOrder) answers[index] = await ask(tokens.at(-1 - (index % 2)) ?? 'x')
      return answers
    },
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(1, 6, 11, 25, 40, 61, 65, 400, 90_000).map((wait) => ({ wait }) as const) },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom('mint', 'mint', 'ask', 'ask', 'revoke', 'replace the ring', 'be down', 'be up')
      .map((what) => ({ do: what }) as Step),
  },
)

// promise: P16
it('any burst of requests, however what they fetch lands, gets the answers that the same requests get one by one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 8 }),
      fc.integer({ min: 2, max: 8 }),
      fc.scheduler(),
      async (history, times, scheduler) => {
        const land: Land = (value) => scheduler.schedule(Promise.resolve(value))
        const worlds = [land, land, land].map(createWorld) as [World, World, World]
        for (const world of worlds) for (const one of [{ do: 'mint' } as const, ...history]) await world.step(one)
        const [newer, older, busy] = worlds
        const possible = [await newer.oneByOne(times, true), await older.oneByOne(times, false)]
        const all = Promise.all(busy.burst(times))
        await scheduler.waitFor(all)
        expect(possible).toContainEqual(await all)
      },
    ),
    { numRuns: 150 },
  )
}, 120_000)
