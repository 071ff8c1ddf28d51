import { describe, expect, it } from 'vitest'
import {
  createMemoryGuard,
  type IssuerEvent,
  type IssuerSettings,
  type LogEntry,
  readBindings,
} from '../../src/index.ts'
import { API, basic, ISSUER, NOW, testIssuer, tokenRequest, VARS } from '../fixtures.ts'
import { createDevice, DEVICE_CLIENTS } from '../parties/device.ts'
import { authorizeUrl, createApp, createBrowser, createPerson, REQUESTS, readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

type Limits = NonNullable<IssuerSettings['limits']>

/** Counts, and lets each key pass so often. */
function counter(most: number) {
  const counts = new Map<string, number>()
  const count = async (key: string): Promise<boolean> => {
    counts.set(key, (counts.get(key) ?? 0) + 1)
    return (counts.get(key) ?? 0) <= most
  }
  return { count, counts }
}

/** An issuer that counts. The header `from` is the address: a test can choose it. */
function setUp(limits: Limits, changes: Partial<IssuerSettings> = {}) {
  const events: IssuerEvent[] = []
  const lines: LogEntry[] = []
  const issuer = testIssuer({
    guard: createMemoryGuard(() => NOW),
    addressOf: (request) => request.headers.get('from') ?? undefined,
    onEvent: (event) => void events.push(event),
    log: (line) => void lines.push(line),
    limits,
    ...changes,
  })
  const pending: Promise<unknown>[] = []
  const execution = {
    waitUntil: (one: Promise<unknown>) => void pending.push(one),
    passThroughOnException() {},
    props: {},
  }
  /** Asks from an address. */
  const from =
    (address: string) =>
    async (request: Request): Promise<Response> => {
      request.headers.set('from', address)
      return issuer.fetch(request, {}, execution)
    }
  const reached = async (): Promise<readonly IssuerEvent[]> => {
    while (pending.length > 0) await Promise.all(pending.splice(0))
    return events.filter(({ type }) => type === 'limit.reached')
  }
  return { from, reached, lines }
}

const A = '192.0.2.1'
const B = '192.0.2.2'
const wrong = () => tokenRequest({ headers: { authorization: basic('service', 'wrong') } })

describe('a client that has proved itself', () => {
  it('is counted by its own name at /token, /par and /introspect, gets 429 there, and an event says so', async () => {
    const { count, counts } = counter(1)
    const { from, reached } = setUp({ client: count })
    const asks: readonly [string, () => Promise<Response>][] = [
      ['service', () => from(A)(tokenRequest())],
      ['web', () => createApp(from(A), { client: 'web' }).push()],
      ['api-server', () => from(A)(formRequest('/introspect', 'api-server', { token: 'x' }))],
    ]
    for (const [, ask] of asks) {
      expect((await ask()).ok).toBe(true)
      const refused = await ask()
      expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
        429,
        '60',
        { error: 'slow_down', error_description: 'Too many attempts; try again later.' },
      ])
    }
    expect([...counts.keys()]).toEqual(asks.map(([client]) => client))
    expect(await reached()).toEqual(
      asks.map(([client]) =>
        expect.objectContaining({ client, proved: true, method: 'client', reason: 'limited', outcome: 'refused' }),
      ),
    )
  })

  // promise: O09
  it('is never stopped by what others do in its name, or from where it is', async () => {
    const { from } = setUp({ client: counter(1).count, address: counter(1).count })
    for (let times = 0; times < 5; times++) {
      expect([401, 429]).toContain((await from(A)(wrong())).status)
      await createApp(from(A)).push()
    }
    expect((await from(A)(wrong())).status).toBe(429)
    expect((await from(A)(tokenRequest())).status).toBe(200)
  })
})

describe('an address', () => {
  it('is counted for public clients, of IPv6 by the line, and no other for it', async () => {
    const { count, counts } = counter(1)
    const { from, reached } = setUp({ address: count })
    const push = (address: string) => createApp(from(address)).push()
    expect((await push('2001:db8:0:1::1')).status).toBe(201)
    expect((await push('2001:db8:0:1::2')).status).toBe(429)
    expect((await push('2001:db8:0:2::1')).status).toBe(201)
    expect([...counts.keys()]).toEqual(['asked 2001:db8:0:1', 'asked 2001:db8:0:2'])
    expect(await reached()).toMatchObject([{ client: 'pub', proved: false, method: 'address' }])
  })

  it('is counted for proofs that fail, which stop none but others that fail', async () => {
    const { from, reached } = setUp({ address: counter(1).count })
    const statuses = [await from(A)(wrong()), await from(A)(wrong()), await from(B)(wrong())].map(
      ({ status }) => status,
    )
    expect(statuses).toEqual([401, 429, 401])
    expect((await createApp(from(A)).push()).status).toBe(201)
    expect(await reached()).toMatchObject([{ method: 'failures', reason: 'limited' }])
  })

  it('is counted where logins begin, for browsers and for devices: a person gets a page, and nobody who is logged in is stopped', async () => {
    const { from, reached } = setUp({ address: counter(1).count }, { clients: DEVICE_CLIENTS })
    const alice = createPerson(from(A), { now: () => NOW })
    await alice.answer('allow', REQUESTS['web'])
    for (const url of [authorizeUrl(REQUESTS['web']), `${ISSUER}/device`]) {
      const refused = await createBrowser(from(A)).get(url)
      expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('content-type')]).toEqual([
        429,
        '60',
        expect.stringContaining('text/html'),
      ])
      expect(await refused.text()).toContain('Please wait a minute')
    }
    expect((await alice.answer('allow', REQUESTS['web'])).searchParams.has('code')).toBe(true)
    expect((await createBrowser(from(B)).get(authorizeUrl(REQUESTS['web']))).status).toBe(303)
    expect((await reached()).map(({ method }) => method)).toEqual(['address', 'address'])
  })

  it('that nobody tells is not counted', async () => {
    const { count, counts } = counter(0)
    const { from } = setUp({ address: count }, { addressOf: () => undefined })
    expect((await createApp(from(A)).push()).status).toBe(201)
    expect((await createBrowser(from(A)).get(authorizeUrl())).status).toBe(303)
    expect([(await from(A)(wrong())).status, counts.size]).toEqual([401, 0])
  })
})

describe('a person', () => {
  it('is counted by the tokens that stand on them, under no name that says who: nothing is spent, and the same code works later', async () => {
    let isOver = true
    const keys: string[] = []
    const subject = async (key: string): Promise<boolean> => {
      keys.push(key)
      return !isOver
    }
    const { from, reached } = setUp({ subject })
    const code = (await createPerson(from(A), { now: () => NOW }).answer('allow')).searchParams.get('code') ?? ''
    const app = createApp(from(A))
    expect((await app.redeem(code)).status).toBe(429)
    isOver = false
    const { refresh_token = '' } = await readAnswer(await app.redeem(code))
    isOver = true
    expect((await app.refresh(refresh_token)).status).toBe(429)
    isOver = false
    expect((await app.refresh(refresh_token)).status).toBe(200)
    expect([new Set(keys).size, keys.join().includes('alice')]).toEqual([1, false])
    expect((await reached()).map(({ method }) => method)).toEqual(['subject', 'subject'])
  })

  it('is not counted for a client that acts for itself', async () => {
    const { count, counts } = counter(0)
    const { from } = setUp({ subject: count })
    expect([(await from(A)(tokenRequest())).status, counts.size]).toEqual([200, 0])
  })
})

describe('a limit that is down', () => {
  it.each<[string, () => Promise<boolean>]>([
    ['throws', () => Promise.reject(new Error('secret-internal-detail'))],
    [
      'throws at once',
      () => {
        throw new Error('secret-internal-detail')
      },
    ],
    ['never tells', () => new Promise(() => {})],
    // promise: O10
  ])('because it %s lets all pass, and the log says so in words of ours', async (_, client) => {
    const { from, lines } = setUp({ client })
    expect((await from(A)(tokenRequest())).status).toBe(200)
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', event: 'limit.failed' }))
    expect(JSON.stringify(lines)).not.toContain('secret-internal-detail')
  })
})

describe('what else is limited', () => {
  it('is told as an event, too: registrations, and codes for devices', async () => {
    const { from, reached } = setUp(
      {},
      {
        clients: DEVICE_CLIENTS,
        allowDevice: async () => false,
        registration: { resources: [API], scopes: ['read'] },
        registrationKeys: REGISTRATION_KEYS[0],
        allowRegistration: async () => false,
      },
    )
    expect((await createDevice(from(A)).begin()).status).toBe(429)
    const headers = { 'content-type': 'application/json' }
    const registration = new Request(`${ISSUER}/register`, { method: 'POST', headers, body: '{}' })
    expect((await from(A)(registration)).status).toBe(429)
    expect(await reached()).toMatchObject([{ method: 'devices', client: 'pub' }, { method: 'registrations' }])
  })
})

describe('the bindings', () => {
  it('are rate limits of Workers, or functions, each by the key', async () => {
    const keys: string[] = []
    const limits = {
      async limit({ key }: { readonly key: string }) {
        keys.push(key)
        return { success: false }
      },
    }
    const { limits: read, addressOf } = readBindings({
      ...VARS,
      LIMITS_CLIENT: limits,
      LIMITS_ADDRESS: async (key) => key === 'x',
    })
    expect([await read?.client?.('c'), await read?.address?.('x'), await read?.address?.('y')]).toEqual([
      false,
      true,
      false,
    ])
    expect([keys, read?.subject]).toEqual([['c'], undefined])
    const request = new Request(ISSUER, { headers: { 'cf-connecting-ip': A, 'x-forwarded-for': B } })
    expect(addressOf?.(request, undefined)).toBe(A)
  })

  it.each([
    ['LIMITS_CLIENT', 50],
    ['LIMITS_ADDRESS', { limits: () => true }],
    ['LIMITS_SUBJECT', 'none'],
  ])('are refused where they are no rate limit: %s', (name, value) => {
    expect(() => readBindings({ ...VARS, [name]: value })).toThrow(`"${name}" expected a rate limit`)
  })

  it('in code are one setting, of functions', () => {
    expect(() => testIssuer({ limits: { clients: async () => true } as never })).toThrow('"limits" has no setting')
    expect(() => testIssuer({ limits: { client: 5 } as never })).toThrow('"client" expected a function')
  })
})
