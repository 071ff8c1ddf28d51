import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { createMemoryRevocations, type Trace, type TracedPart } from '../src/index.ts'
import { createMeasure } from '../src/trace.ts'
import { basic, ISSUER, NOW, SECRETS, SIGNED, testIssuer, tokenRequest, VARS } from './fixtures.ts'
import { APP, CLIENT, createDocumentIssuer } from './parties/client_documents.ts'
import { createApp, createPerson, REQUESTS, readAnswer } from './parties/person.ts'
import { ASSERTION_TYPE, clientAssertion, INNER } from './parties/trusted.ts'

/** Returns what measures nothing, and notes what it was to measure, and how it ended. */
function createNoting() {
  const parts: TracedPart[] = []
  const trace: Trace = (part, run) => {
    parts.push(part)
    return run()
  }
  const of = (part: TracedPart['part']): readonly TracedPart[] => parts.filter((one) => one.part === part)
  return { parts, of, trace }
}

/** Whoever measures, as badly as it can be done. */
const BAD: readonly [string, Trace][] = [
  [
    'throws',
    () => {
      throw new Error('no')
    },
  ],
  ['fails', async () => Promise.reject(new Error('no'))],
  ['runs nothing, and hangs', () => new Promise(() => {})],
  ['runs all twice', (_, run) => Promise.all([run(), run()])],
  [
    'answers something else',
    async (_, run) => {
      await run()
      return { status: 200 }
    },
  ],
]

describe('the setting trace', () => {
  it('is handed /token, the guard, the list of revocations, logins and signatures, once each', async () => {
    const { parts, of, trace } = createNoting()
    const issuer = testIssuer({
      trace,
      revocations: createMemoryRevocations('a salt', () => NOW * 1000, { single: true }),
    })
    const ask = (request: Request) => issuer.fetch(request)
    const code = (await createPerson(ask, { now: () => NOW }).answer('allow', REQUESTS['web'])).searchParams.get('code')
    expect(of('login')).toEqual([
      { part: 'login', operation: 'authenticate', provider: undefined },
      { part: 'login', operation: 'authenticate', provider: undefined },
    ])
    parts.length = 0

    const answer = await createApp(ask, { client: 'web' }).redeem(code ?? '')
    expect(answer.status).toBe(200)
    const request = answer.headers.get('request-id')
    expect(of('token')).toEqual([{ part: 'token', method: 'POST', url: `${ISSUER}/token`, request }])
    expect(of('guard').map((one) => 'operation' in one && one.operation)).toEqual(['spendUnlessEnded'])
    for (const secret of [code ?? '', SECRETS.web, 'alice', (await readAnswer(answer)).access_token])
      expect(JSON.stringify(parts)).not.toContain(secret)
    parts.length = 0

    const form = { grant_type: 'client_credentials', resource: SIGNED, scope: 'sign' }
    expect((await ask(tokenRequest({ client: 'machine', form }))).status).toBe(200)
    expect(of('signing')).toEqual([{ part: 'signing', alg: 'ES256' }])
    parts.length = 0

    expect((await ask(new Request(`${ISSUER}/revocations`))).status).toBe(200)
    expect(of('revocations')).toEqual([{ part: 'revocations', operation: 'read' }])
    expect(of('signing')).toEqual([{ part: 'signing', alg: 'ES256' }])
  })

  it('is told what is fetched without a user and a query, and of what a stranger named no word', async () => {
    const { of, trace } = createNoting()
    const { publicKey } = await generateKeyPair('ES256')
    const { jwks: _, ...keyed } = VARS.CLIENTS.keyed
    const issuer = testIssuer({
      trace,
      clients: { ...VARS.CLIENTS, keyed: { ...keyed, jwks_uri: 'https://keys.example/of/it?hidden=in-the-query' } },
      fetch: async () => Response.json({ keys: [{ ...(await exportJWK(publicKey)), kid: 'keyed-1' }] }),
    })
    const assertion = await clientAssertion(ISSUER, NOW)
    const form = {
      grant_type: 'client_credentials',
      resource: INNER,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
    }
    expect((await issuer.fetch(tokenRequest({ headers: { authorization: undefined }, form }))).status).toBe(401)
    expect(of('fetch')).toEqual([{ part: 'fetch', method: 'GET', url: 'https://keys.example/of/it' }])

    const strangers = createNoting()
    const walkIns = createDocumentIssuer({ trace: strangers.trace })
    expect((await walkIns.question(CLIENT)).status).toBe(200)
    expect(walkIns.fetched).toEqual([APP])
    expect(strangers.of('fetch')).toEqual([{ part: 'fetch', method: 'GET', url: undefined }])
  })

  it.each(BAD)('changes no answer where it %s', async (_, trace) => {
    const ends = async (changes: { readonly trace?: Trace }) => {
      const issuer = testIssuer(changes)
      const ask = (request: Request) => issuer.fetch(request)
      const refused = await ask(tokenRequest({ headers: { authorization: basic('service', 'wrong') } }))
      const code = (await createPerson(ask, { now: () => NOW }).answer('allow', REQUESTS['web'])).searchParams.get(
        'code',
      )
      const app = createApp(ask, { client: 'web' })
      const given = await app.redeem(code ?? '')
      const again = await app.redeem(code ?? '')
      const headers = (answer: Response) => [...answer.headers].filter(([name]) => name !== 'request-id')
      return [
        [refused.status, headers(refused), await refused.text()],
        [given.status, headers(given), Object.keys(await readAnswer(given))],
        // Spent once, whatever became of who measured that.
        [again.status, headers(again), await again.text()],
      ]
    }
    const plain = await ends({})
    expect(plain.map(([status]) => status)).toEqual([401, 200, 400])
    expect(await ends({ trace })).toEqual(plain)
  })

  it('is refused where it is no function', () => {
    expect(() => testIssuer({ trace: 'otel' as unknown as Trace })).toThrow(/"trace" expected a function/)
  })
})

describe('a part that is measured', () => {
  const part = { part: 'signing', alg: 'ES256' } as const

  it.each(BAD)('runs once where who measures it %s', async (_, trace) => {
    const run = vi.fn(async () => 'done')
    expect(await createMeasure(trace)(part, run)).toBe('done')
    await Promise.resolve()
    expect(run).toHaveBeenCalledTimes(1)
  })

  it.each(BAD)('runs once, too, where it throws at once, and who measures it %s', async (_, trace) => {
    const run = vi.fn((): Promise<string> => {
      throw new Error(SECRETS.web)
    })
    await expect(createMeasure(trace)(part, run)).rejects.toThrow(SECRETS.web)
    expect(run).toHaveBeenCalledTimes(1)
  })

  it.each(BAD)('fails as it fails by itself where who measures it %s', async (_, trace) => {
    const fault = new Error(SECRETS.web)
    await expect(createMeasure(trace)(part, () => Promise.reject(fault))).rejects.toBe(fault)
  })
})
