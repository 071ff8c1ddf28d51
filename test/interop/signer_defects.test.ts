import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryGuard, type IssuerSettings, type LogEntry } from '../../src/index.ts'
import { NOW, testIssuer, VARS } from '../fixtures.ts'
import { type Misconduct, type Provider, startProvider } from '../parties/bad_provider.ts'
import { formOf } from '../parties/person.ts'
import { ASSERTION_TYPE, INNER, JWT_BEARER } from '../parties/trusted.ts'

/** An issuer in development: only such a one may fetch keys from this very machine. */
const LOCAL = 'http://localhost:8787'

let now = NOW
let count = 0
let provider: Provider
beforeAll(async () => {
  provider = await startProvider(() => now)
})
afterAll(() => provider.stop())
beforeEach(() => {
  now = NOW
  provider.misbehave({})
})

/** An issuer that has never fetched the keys of a client, or of a trusted issuer: both tell theirs at the provider's. */
function setUp() {
  const lines: LogEntry[] = []
  const { jwks: _, ...keyed } = VARS.CLIENTS.keyed
  const { jwks: __, ...ci } = VARS.TRUSTED_ISSUERS.ci
  const jwks_uri = `${provider.issuer}/jwks`
  const settings: Partial<IssuerSettings> = {
    issuer: LOCAL,
    now: () => now,
    guard: createMemoryGuard(() => now),
    log: (entry) => lines.push(entry),
    clients: { ...VARS.CLIENTS, keyed: { ...keyed, jwks_uri } },
    trustedIssuers: { ci: { ...ci, issuer: provider.issuer, jwks_uri } },
  }
  const issuer = testIssuer(settings)
  const send = async (form: Record<string, string>): Promise<string> => {
    const response = await issuer.fetch(new Request(`${LOCAL}/token`, { method: 'POST', body: formOf(form) }))
    const { error } = (await response.json()) as { error?: string }
    return error === undefined ? '200' : `${response.status} ${error}`
  }
  return { lines, send }
}

/** Lets the provider sign claims, well or badly. */
async function sign(claims: Readonly<Record<string, unknown>>, signed?: Misconduct['signed']): Promise<string> {
  const all = { aud: LOCAL, nonce: undefined, jti: `jti ${++count}`, ...claims }
  provider.misbehave({ claims: all, ...(signed === undefined ? {} : { signed }) })
  const response = await fetch(`${provider.issuer}/token`, { method: 'POST' })
  provider.misbehave({})
  return ((await response.json()) as { id_token: string }).id_token
}

/** Who signs, what is sent with it, and what is answered when the keys cannot be had. */
const SIGNERS = [
  {
    who: 'a client',
    claims: { iss: 'keyed', sub: 'keyed' },
    form: (client_assertion: string) => ({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion,
    }),
    unavailable: '401 invalid_client',
    refused: '401 invalid_client',
  },
  {
    who: 'a trusted issuer',
    claims: { sub: 'repo:acme/app:ref:refs/heads/main', repository_owner: 'acme' },
    form: (assertion: string) => ({ grant_type: JWT_BEARER, client_id: 'runner', resource: INNER, assertion }),
    unavailable: '503 temporarily_unavailable',
    refused: '400 invalid_grant',
  },
] as const

describe.each(SIGNERS)('the keys of $who', ({ claims, form, unavailable, refused }) => {
  const asked = (): number => provider.asked.get('/jwks') ?? 0

  it.each(['down', 'error', 'drip', 'redirect', 'huge', 'html', 'garbage', 'list'] as const)(
    'that cannot be had, by %s: nothing is minted, nothing else is asked, and recovery needs no restart (H12, J01–J04, J07)',
    async (how) => {
      const { send, lines } = setUp()
      const jwt = await sign(claims)
      provider.misbehave({ at: 'jwks', how })
      const before = performance.now()
      expect(await send(form(jwt))).toBe(unavailable)
      expect(performance.now() - before).toBeLessThan(10_000)
      expect(lines).toContainEqual(expect.objectContaining({ level: 'error', event: 'signer' }))
      expect(provider.trapped).toEqual([])
      provider.misbehave({})
      now += 5
      expect(await send(form(jwt))).toBe('200')
    },
  )

  // promise: J07
  it('that are no JWK Set, though JSON: refused, and asked for again after 30 seconds (J07)', async () => {
    const { send } = setUp()
    const jwt = await sign(claims)
    provider.misbehave({ at: 'jwks', how: 'other' })
    expect(await send(form(jwt))).toBe(unavailable)
    provider.misbehave({})
    expect(await send(form(jwt))).toBe(unavailable)
    now += 30
    expect(await send(form(jwt))).toBe('200')
  })

  // promise: J02
  it('that are known serve for a day while they cannot be fetched, and no other does (J02)', async () => {
    const { send } = setUp()
    expect(await send(form(await sign(claims)))).toBe('200')
    const later = async (seconds: number, signed?: Misconduct['signed']): Promise<string> => {
      now = NOW + seconds
      const jwt = await sign(claims, signed)
      provider.misbehave({ at: 'jwks', how: 'error' })
      const before = asked()
      const answer = await send(form(jwt))
      // What is fetched beside the request fails too, before the clock goes on.
      await expect.poll(asked, { timeout: 10_000 }).toBeGreaterThan(before)
      await new Promise((resolve) => setTimeout(resolve, 100))
      return answer
    }
    expect(await later(3600)).toBe('200')
    expect(await later(7200, 'unknown key')).toBe(refused)
    expect(await later(86_399)).toBe('200')
    expect(await later(86_404)).toBe(unavailable)
  })

  it('are fetched once, and once more when one is missing, but not twice in 30 seconds (H10)', async () => {
    const { send } = setUp()
    const start = asked()
    expect(await send(form(await sign(claims)))).toBe('200')
    expect(await send(form(await sign(claims)))).toBe('200')
    expect(asked() - start).toBe(1)
    await provider.rotate()
    now += 30
    expect(await send(form(await sign(claims)))).toBe('200')
    expect(asked() - start).toBe(2)
    for (let times = 0; times < 20; times++) expect(await send(form(await sign(claims, 'unknown key')))).toBe(refused)
    expect(asked() - start).toBe(2)
  })

  // promise: P13
  it('that cannot be had are asked for once by three hundred junk assertions, and once more after five seconds', async () => {
    const { send } = setUp()
    const junk = await sign(claims, 'unknown key')
    provider.misbehave({ at: 'jwks', how: 'error' })
    const start = asked()
    const together = await Promise.all(Array.from({ length: 150 }, () => send(form(junk))))
    for (let times = 0; times < 150; times++) together.push(await send(form(junk)))
    expect(new Set(together)).toEqual(new Set([unavailable]))
    expect(asked() - start).toBe(1)
    now += 5
    await send(form(junk))
    expect(asked() - start).toBe(2)
  })

  it('are not asked for by what is no assertion of anybody known (H11)', async () => {
    const { send } = setUp()
    const start = asked()
    await send(form('x'))
    await send(form(await sign({ ...claims, iss: 'https://stranger.example' })))
    expect(asked() - start).toBe(0)
  })

  it('are fetched once for two hundred who wait (J08)', async () => {
    const { send } = setUp()
    const start = asked()
    const jwt = await sign(claims)
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => send(form(jwt))))
    expect(outcomes.filter((outcome) => outcome === '200')).toHaveLength(1)
    expect(asked() - start).toBe(1)
  })

  it.each<Misconduct['signed']>(['none', 'hs256', 'unknown key', 'wrong key', 'with its key inside'])(
    'are the only ones that count: signed by %s is refused (C16, H36)',
    async (signed) => {
      const { send } = setUp()
      expect(await send(form(await sign(claims, signed)))).toBe(refused)
    },
  )
})
