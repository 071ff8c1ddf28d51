import { describe, expect, it } from 'vitest'
import { writeRing } from '../../keys/index.ts'
import type { LogEntry } from '../../src/index.ts'
import type { Resource } from '../../src/registration/resource.ts'
import { readResource } from '../../src/registration/resource_registration.ts'
import { createRecipients } from '../../src/remote/resource_keys.ts'
import { API, NOW, testIssuer, testRing, tokenRequest, VARS } from '../fixtures.ts'
import { PARTNER_KEYS, PARTNER_STRANGER, publicOf, signingRing } from '../parties/partner.ts'

type Jwk = Readonly<Record<string, unknown>>

const PARTNER = 'https://partner.example'
const JWKS_URI = 'https://partner.example/jwks'
const OLD: Jwk = publicOf(PARTNER_KEYS['P-256'])
const NEW: Jwk = { ...PARTNER_STRANGER, kid: 'new' }
const THIRD: Jwk = publicOf(PARTNER_KEYS.X25519)
const RSA: Jwk = publicOf(PARTNER_KEYS.RSA)

const resourceOf = (members: object): Resource =>
  readResource(PARTNER, { scopes: ['read'], envelope: 'nested', ...members }, false)
const json = (body: unknown): Response => Response.json(body)

/** Lets all run that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0))
}

/** A partner whose answers can be changed, and the issuer's view of it. */
function setUp(first: () => Response | Promise<Response>, members: object = {}) {
  const lines: LogEntry[] = []
  const asked: string[] = []
  let answer = first
  const fetch = async (url: string): Promise<Response> => {
    asked.push(url)
    return answer()
  }
  const recipients = createRecipients(fetch, (entry) => lines.push(entry))
  const resource = resourceOf({ jwks_uri: JWKS_URI, ...members })
  return {
    asked,
    lines,
    answer: (next: () => Response | Promise<Response>) => {
      answer = next
    },
    tell: (...keys: readonly unknown[]) => {
      answer = () => json({ keys })
    },
    find: async (now: number) => (await recipients.find(resource, now))?.kid,
    /** Finds a key, lets what was begun beside it end, and finds again. */
    see: async (now: number) => {
      await recipients.find(resource, now)
      await settle()
      return (await recipients.find(resource, now))?.kid
    },
    recipients,
    resource,
  }
}
const tells = (...keys: readonly unknown[]) => setUp(() => json({ keys }))

describe('the keys of a resource in the settings', () => {
  const find = async (members: object, keys: readonly unknown[]) =>
    setUp(() => json({}), {}).recipients.find(resourceOf({ jwks: { keys }, ...members }), NOW)

  it('are used in their order: the first that fits', async () => {
    expect(await find({}, [RSA, OLD, NEW])).toMatchObject({ kid: OLD['kid'], alg: 'ECDH-ES', enc: 'A256GCM' })
    expect(await find({ encryption_alg: 'RSA-OAEP-256' }, [OLD, RSA])).toMatchObject({ alg: 'RSA-OAEP-256' })
  })

  it('serve two resources, each by its own content encryption, though it is the same set', async () => {
    const { recipients } = tells()
    const jwks = { keys: [OLD] }
    const a = resourceOf({ jwks })
    const b = readResource(
      'https://other.example',
      { scopes: ['read'], envelope: 'nested', jwks, enc: 'A256CBC-HS512' },
      false,
    )
    expect((await recipients.find(a, NOW))?.enc).toBe('A256GCM')
    expect((await recipients.find(b, NOW))?.enc).toBe('A256CBC-HS512')
  })

  it.each<[string, object, readonly unknown[]]>([
    ['only one for signatures', {}, [{ ...OLD, use: 'sig' }]],
    ['only one for another key management', { encryption_alg: 'RSA-OAEP-256' }, [OLD]],
    ['only one on another curve', {}, [{ ...OLD, crv: 'P-384' }]],
    ['a point off the curve', {}, [{ ...OLD, y: OLD['x'] }]],
    ['an RSA key of 1024 bits', { encryption_alg: 'RSA-OAEP-256' }, [{ ...RSA, n: String(RSA['n']).slice(0, 171) }]],
    ['one kid for two keys', {}, [OLD, { ...NEW, kid: OLD['kid'] }]],
  ])('are none when there is %s', async (_, members, keys) => {
    expect(await find(members, keys)).toBeUndefined()
  })
})

describe('the keys that a resource tells', () => {
  it('are taken at once when there is only one', async () => {
    const { find, asked } = tells(OLD)
    expect(await find(NOW)).toBe('partner-ec')
    expect(asked).toEqual([JWKS_URI])
  })

  it.each<[string, readonly Jwk[]]>([
    ['behind', [OLD, NEW]],
    ['before', [NEW, OLD]],
  ])('are not taken before they were seen for five minutes, listed %s the others', async (_, keys) => {
    const { see, tell } = tells(OLD)
    expect(await see(NOW)).toBe('partner-ec')
    tell(...keys)
    expect(await see(NOW + 299)).toBe('partner-ec')
    expect(await see(NOW + 300)).toBe('partner-ec')
    expect(await see(NOW + 599)).toBe('partner-ec')
    expect(await see(NOW + 600)).toBe('new')
    expect(await see(NOW + 5000)).toBe('new')
  })

  it('are taken in the order of the set when the issuer has just started', async () => {
    const { see } = tells(OLD, NEW)
    expect(await see(NOW)).toBe('partner-ec')
    expect(await see(NOW + 400)).toBe('partner-ec')
    const { see: another } = tells(NEW, OLD)
    expect(await another(NOW)).toBe('new')
  })

  it('are taken at once when all others are gone, and never again once they are', async () => {
    const { see, tell } = tells(OLD)
    await see(NOW)
    tell(NEW)
    expect(await see(NOW + 300)).toBe('new')
    tell(OLD, THIRD)
    expect(await see(NOW + 600)).toBe('partner-ec')
  })

  it('are new again when they were gone for a while', async () => {
    const { see, tell } = tells(OLD, NEW)
    await see(NOW)
    tell(OLD)
    await see(NOW + 300)
    tell(OLD, NEW)
    expect(await see(NOW + 600)).toBe('partner-ec')
    expect(await see(NOW + 899)).toBe('partner-ec')
    expect(await see(NOW + 900)).toBe('new')
  })

  it('are new when they have other bytes under a known kid', async () => {
    const { see, tell, recipients, resource } = tells(OLD)
    await see(NOW)
    tell(OLD, NEW)
    await see(NOW + 300)
    expect(await see(NOW + 600)).toBe('new')
    tell(OLD, { ...OLD, kid: 'new' })
    expect(await see(NOW + 900)).toBe('partner-ec')
    expect(await see(NOW + 1200)).toBe('new')
    expect(await recipients.find(resource, NOW + 1200)).toMatchObject({ alg: 'ECDH-ES' })
  })

  it('are asked for every five minutes while they are used', async () => {
    const { see, asked } = tells(OLD)
    for (const now of [NOW, NOW + 1, NOW + 299]) await see(now)
    expect(asked.length).toBe(1)
    await see(NOW + 300)
    await see(NOW + 599)
    expect(asked.length).toBe(2)
  })

  it('that were withdrawn are not used again, however rarely anybody asks', async () => {
    const { find, tell } = tells(OLD)
    expect(await find(NOW)).toBe('partner-ec')
    tell(NEW)
    expect(await find(NOW + 601)).toBe('new')
  })

  it('serve for a day when they cannot be fetched, and then no longer; and come back by themselves', async () => {
    const { see, answer, tell, lines } = tells(OLD)
    expect(await see(NOW)).toBe('partner-ec')
    answer(() => Promise.reject(new TypeError('fetch failed')))
    for (const now of [NOW + 300, NOW + 4000, NOW + 86_399]) expect(await see(now)).toBe('partner-ec')
    expect(await see(NOW + 86_400)).toBeUndefined()
    expect(lines).toContainEqual({ level: 'error', event: 'recipient', detail: 'keys of a resource: TypeError' })
    tell(OLD)
    expect(await see(NOW + 86_500)).toBe('partner-ec')
  })

  const big = (bytes: number): Response => {
    const text = JSON.stringify({ keys: [OLD], more: '' })
    const filler = 'x'.repeat(bytes - text.length)
    return new Response(text.replace('"more":""', `"more":"${filler}"`), {
      headers: { 'content-type': 'application/json' },
    })
  }
  it('may be 64 KB, and not a byte more (J03)', async () => {
    expect(await setUp(() => big(65_536)).find(NOW)).toBe('partner-ec')
    expect(await setUp(() => big(65_537)).find(NOW)).toBeUndefined()
  })

  it.each<[string, () => Response]>([
    ['a redirect (J04)', () => new Response(null, { status: 302, headers: { location: 'https://internal.example/' } })],
    ['a permanent redirect (J04)', () => new Response(null, { status: 308, headers: { location: '/other' } })],
    ['nothing found', () => new Response('{}', { status: 404, headers: { 'content-type': 'application/json' } })],
    ['an error, with keys (J02)', () => Response.json({ keys: [OLD] }, { status: 500 })],
    [
      'keys as HTML (J07)',
      () => new Response(JSON.stringify({ keys: [OLD] }), { headers: { 'content-type': 'text/html' } }),
    ],
    ['keys of no type (J07)', () => new Response(new TextEncoder().encode(JSON.stringify({ keys: [OLD] })))],
    ['no JSON (J07)', () => new Response('{"keys":', { headers: { 'content-type': 'application/json' } })],
    [
      'a byte order mark (J07)',
      () => new Response(Uint8Array.of(0xef, 0xbb, 0xbf, 0xff), { headers: { 'content-type': 'application/json' } }),
    ],
    ['a list (J07)', () => json([OLD])],
    ['null (J07)', () => json(null)],
    ['keys that are no list', () => json({ keys: OLD })],
    ['no keys', () => json({ keys: [] })],
    ['keys that are none', () => json({ keys: [null, 1, 'key', [], {}] })],
    ['a key without kid', () => json({ keys: [{ ...OLD, kid: undefined }] })],
    ['a kid that no header can hold', () => json({ keys: [{ ...OLD, kid: 'k'.repeat(400) }] })],
    ['one kid for two keys', () => json({ keys: [OLD, { ...NEW, kid: OLD['kid'] }] })],
    ['its private key (C27)', () => json({ keys: [PARTNER_KEYS['P-256']] })],
    ['a key for signatures', () => json({ keys: [{ ...OLD, use: 'sig' }] })],
    ['a key of another kind than was agreed on', () => json({ keys: [RSA] })],
    ['a point off the curve (C28)', () => json({ keys: [{ ...OLD, y: OLD['x'] }] })],
    ['a shared key', () => json({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'oct' }] })],
  ])('are none when the answer is %s; the next good one is taken', async (_, answer) => {
    const { find, see, tell, lines } = setUp(answer)
    expect(await find(NOW)).toBeUndefined()
    expect(JSON.stringify(lines)).not.toContain(String(OLD['x']))
    tell(OLD)
    // What came, but had no key in it, is a good answer: it is kept for five minutes.
    expect(await see(NOW + 300)).toBe('partner-ec')
  })

  it('leave out what cannot be used, and take the rest', async () => {
    const junk = [null, { ...NEW, use: 'sig' }, { kty: 'oct', k: 'AAAA', kid: 'oct' }, PARTNER_KEYS.X25519]
    expect(await tells(...junk, OLD).find(NOW)).toBe('partner-ec')
  })

  it('are fetched once for a thousand who need them first (J08)', async () => {
    const { find, asked } = tells(OLD)
    const found = await Promise.all(Array.from({ length: 1000 }, () => find(NOW)))
    expect(new Set(found)).toEqual(new Set(['partner-ec']))
    expect(asked.length).toBe(1)
  })
})

describe('a token for a resource that asks for nested', () => {
  const ask = async (members: object, keyRing = writeRing(signingRing()), answer = () => json({})) => {
    const lines: LogEntry[] = []
    const resources = {
      ...VARS.RESOURCES,
      [PARTNER]: { scopes: ['read'], envelope: 'nested', jwks_uri: JWKS_URI, ...members },
    }
    const clients = { service: { ...VARS.CLIENTS.service, resources: [API, PARTNER] } }
    const settings = {
      resources,
      clients,
      keyRing,
      fetch: async () => answer(),
      log: (entry: LogEntry) => lines.push(entry),
    }
    const issuer = testIssuer(settings as never)
    const form = { grant_type: 'client_credentials', resource: PARTNER, scope: 'read' }
    return { issuer, lines, response: await issuer.fetch(tokenRequest({ form })) }
  }

  it.each<[string, object, string, () => Response]>([
    ['its keys cannot be fetched', {}, writeRing(signingRing()), () => new Response(null, { status: 500 })],
    ['it has no key that fits', {}, writeRing(signingRing()), () => json({ keys: [RSA] })],
    ['its key is none', {}, writeRing(signingRing()), () => json({ keys: [{ ...OLD, y: OLD['x'] }] })],
    [
      'the ring has no RSA key to sign with',
      { signing_alg: 'RS256' },
      writeRing(testRing(NOW)),
      () => json({ keys: [OLD] }),
    ],
  ])('is refused, and never a lesser one given, when %s (503, RFC 6749 §5.2)', async (_, members, ring, answer) => {
    const { issuer, response } = await ask(members, ring, answer)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '60'])
    const body = (await response.json()) as Readonly<Record<string, unknown>>
    expect(body).toMatchObject({ error: 'temporarily_unavailable' })
    expect(body['access_token']).toBeUndefined()
    // The others are served.
    expect((await issuer.fetch(tokenRequest())).status).toBe(200)
  })

  it.each(['ES256', 'Ed25519', 'RS256'])('is nested, signed by %s, when there is one', async (signing_alg) => {
    const { response } = await ask({ signing_alg }, writeRing(signingRing()), () => json({ keys: [OLD] }))
    const { access_token } = (await response.json()) as { access_token: string }
    expect(JSON.parse(atob(access_token.split('.')[0] ?? ''))).toMatchObject({ alg: 'ECDH-ES', cty: 'JWT' })
  })
})
