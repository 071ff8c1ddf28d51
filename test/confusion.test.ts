import { describe, expect, it } from 'vitest'
import { exportKeys, writeKeys } from '../keys/index.ts'
import { createMemoryGuard } from '../src/index.ts'
import { createVerifier } from '../src/verifier/index.ts'
import { API, ISSUER, NOW, testIssuer, testRing, VARS } from './fixtures.ts'
import { createDevice, createOwner, DEVICE_CLIENTS } from './parties/device.ts'
import { createHandOver, createTestProvider } from './parties/hand_over.ts'
import {
  authorizeUrl,
  createApp,
  createBrowser,
  createPerson,
  hiddenField,
  pushedBy,
  readAnswer,
  signLogin,
  VERIFIER,
} from './parties/person.ts'

const issuer = testIssuer({ clients: { ...VARS.CLIENTS, telly: DEVICE_CLIENTS.pub } })
const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
const person = (cookies?: Map<string, string>) => createPerson(ask, { now: () => NOW, ...(cookies && { cookies }) })
const verifier = createVerifier({
  issuer: ISSUER,
  resource: API,
  keys: writeKeys(exportKeys(testRing(NOW), { issuer: ISSUER, resource: API, now: NOW })),
  now: () => NOW,
})

/** What stands before the envelope in a request URI. */
const URN = 'urn:ietf:params:oauth:request_uri:'

/** A code, by an issuer with the same keys, for an API that is handed a provider's token; and what lies at the guard for it. */
async function handOver() {
  const guard = createMemoryGuard(() => NOW)
  const lying = { envelope: '' }
  const leave: typeof guard.leave = (name, envelope, until) => {
    lying.envelope = envelope
    return guard.leave(name, envelope, until)
  }
  const there = createHandOver(createTestProvider(), { guard: { ...guard, leave, look: async () => lying.envelope } })
  const code = (await there.authorize()).searchParams.get('code') ?? ''
  const redeem = () => there.token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })
  return { lying, redeem }
}

/** One of each kind of envelope, all good, all of one person in one browser. */
async function collect() {
  const alice = person()
  const begun = await alice.browser.get(authorizeUrl())
  const location = begun.headers.get('location') ?? ''
  const login = new URL(location).searchParams.get('state') ?? ''
  const jwt = new URL(await signLogin(location, 'alice', { now: NOW })).searchParams.get('login') ?? ''
  const consent = hiddenField(await (await alice.visit()).text(), 'consent')
  const code = (await alice.answer('allow')).searchParams.get('code') ?? ''
  const spare = (await alice.answer('allow')).searchParams.get('code') ?? ''
  const { access_token, refresh_token = '' } = await readAnswer(await createApp(ask).redeem(spare))
  const { request_uri = '' } = await pushedBy('pub', await createApp(ask).push())
  const { device_code, user_code } = await createDevice(ask, 'telly').start()
  await createOwner(ask, () => NOW).answer(user_code, 'allow')
  const handed = await handOver()
  const cookie = (kind: string): string => alice.browser.cookies.get(`__Host-bulla-${kind}`) ?? ''
  const kinds = {
    access: access_token,
    code,
    refresh: refresh_token,
    par: request_uri.replace(URN, ''),
    login,
    consent,
    session: cookie('session'),
    remember: cookie('remember'),
    device: device_code,
    provider: handed.lying.envelope,
  }
  return { kinds, jwt, alice, handed }
}
type Kind = keyof Awaited<ReturnType<typeof collect>>['kinds']

/** Every door that takes an envelope, and what it takes. Each tells whether it opened. */
const DOORS: readonly (readonly [
  string,
  Kind,
  (envelope: string, collected: Awaited<ReturnType<typeof collect>>) => Promise<boolean>,
])[] = [
  ['code at /token', 'code', async (envelope) => (await createApp(ask).redeem(envelope)).status === 200],
  ['refresh_token at /token', 'refresh', async (envelope) => (await createApp(ask).refresh(envelope)).status === 200],
  [
    'device_code at /token',
    'device',
    async (envelope) => (await createDevice(ask, 'telly').poll(envelope)).status === 200,
  ],
  [
    'request_uri at /authorize',
    'par',
    async (envelope) =>
      (await createBrowser(ask).get(authorizeUrl({ client_id: 'pub', request_uri: URN + envelope }))).status === 303,
  ],
  [
    'state at /login/callback',
    'login',
    async (envelope, { jwt, alice }) =>
      (await alice.browser.get(`${ISSUER}/login/callback?state=${envelope}&login=${jwt}`)).status === 303,
  ],
  [
    'consent at /consent',
    'consent',
    async (envelope, { alice }) =>
      (await alice.browser.post(`${ISSUER}/consent`, { consent: envelope, decision: 'allow' })).status === 200,
  ],
  [
    'the session cookie',
    'session',
    async (envelope) => {
      const response = await createBrowser(ask, new Map([['__Host-bulla-session', envelope]])).get(authorizeUrl())
      return !(response.headers.get('location') ?? '').startsWith(VARS.LOGIN.url)
    },
  ],
  [
    'the cookie of remembered consents',
    'remember',
    async (envelope, { kinds }) => {
      const cookies = new Map([
        ['__Host-bulla-session', kinds.session],
        ['__Host-bulla-remember', envelope],
      ])
      return (await createBrowser(ask, cookies).get(authorizeUrl())).status === 303
    },
  ],
  [
    "a provider's tokens at the guard",
    'provider',
    async (envelope, { handed: { lying, redeem } }) => {
      lying.envelope = envelope
      return (await redeem()).access_token !== undefined
    },
  ],
  ['the verifier of a resource server', 'access', async (envelope) => (await verifier.verify(envelope)).ok],
]

describe('an envelope opens at its own door alone (C04)', () => {
  // promise: I03
  it.each(DOORS)('%s takes %s, and nothing else', async (_, own, door) => {
    const collected = await collect()
    const kinds = Object.entries(collected.kinds) as [Kind, string][]
    // What is meant for the door comes last: some of it can be used only once.
    const opened: Kind[] = []
    for (const [kind, envelope] of kinds.toSorted(([kind]) => (kind === own ? 1 : -1))) {
      expect(envelope.length).toBeGreaterThan(100)
      if (await door(envelope, collected)) opened.push(kind)
    }
    expect(opened).toEqual([own])
  })
})
