/**
 * Who can read and make what, once secrets leaked: a thief who derives all that follows from them, and tries each key everywhere; and
 * the issuer and resource servers, the real ones, that he tries it at.
 *
 * He knows all that is public, and has recorded everything that was sealed.
 *
 * @module
 */

import { CompactEncrypt, compactDecrypt, createLocalJWKSet, importJWK, jwtVerify } from 'jose'
import { decodeBase64url } from '../../keys/base64url.ts'
import {
  createKeyring,
  createRing,
  createSigningKeys,
  deriveBranch,
  deriveLeaf,
  exportKeys,
  type Purpose,
  periodAt,
  type Ring,
  type Root,
  revokeRoot,
  rotateRing,
  type SigningKey,
  writeKeys,
  writeLeafKid,
  writeRing,
} from '../../keys/index.ts'
import { createMemoryRevocations, type Issuer, type IssuerSettings } from '../../src/index.ts'
import { signClaims } from '../../src/jose/signed.ts'
import { createVerifier, type Verifier } from '../../src/verifier/index.ts'
import {
  API,
  basic,
  ISSUER,
  NOW,
  named,
  PARTNER,
  PARTNER_KEY,
  SECRETS,
  SIGNED,
  secretHash,
  testIssuer,
  testKey,
  VARS,
} from '../fixtures.ts'
import { RING_RSA, RING_RSA_2 } from '../parties/partner.ts'
import { authorizeUrl, createApp, createBrowser, createPerson, readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'
import { ACCESS_TOKEN, FRONT, INNER, TOKEN_EXCHANGE } from '../parties/trusted.ts'

const DAY = 86_400
type Claims = Readonly<Record<string, unknown>>

/** Root r1 seals, and r2 is staged already, when something leaks. */
const LEAKED = ((): Ring => {
  const first = named(createRing({ now: NOW - 10 * DAY, key: testKey(), rsaKey: RING_RSA }))
  const rotation = rotateRing(first, { now: NOW - 60, key: testKey(1) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return named(rotation.ring)
})()
const [ROOT, NEXT] = LEAKED.roots as readonly [Root, Root]

/** Both roots and the RSA key are revoked, and others seal at once. */
function revoked(now: number): Ring {
  const dead = ['r1', 'r2', 's1'].reduce(revokeRoot, LEAKED)
  const rotation = rotateRing(dead, { now, key: testKey(2), rsaKey: RING_RSA_2 })
  if (!rotation.ok) throw new Error(rotation.detail)
  return rotation.ring
}

/** When the thief tries, and what was done by then. */
export interface Moment {
  readonly now: number
  readonly ring: Ring
  /** The branch of A. */
  readonly branch: number
  /** Whether clients, servers and operators have new secrets, and the partner a new key. */
  readonly areSecretsNew: boolean
}

const SOON = NOW + 600
/** The moments, by what has been done. */
export const MOMENTS = {
  leaked: { now: NOW, ring: LEAKED, branch: 1, areSecretsNew: false },
  rotated: { now: NEXT.use + 3 * DAY, ring: LEAKED, branch: 1, areSecretsNew: false },
  retired: { now: ROOT.del + 1, ring: LEAKED, branch: 1, areSecretsNew: false },
  revoked: { now: SOON, ring: revoked(SOON), branch: 1, areSecretsNew: false },
  'next branch': { now: SOON, ring: LEAKED, branch: 2, areSecretsNew: false },
  'new secrets': { now: SOON, ring: LEAKED, branch: 1, areSecretsNew: true },
  all: { now: SOON, ring: revoked(SOON), branch: 2, areSecretsNew: true },
} as const satisfies Readonly<Record<string, Moment>>
/** The name of a moment. */
export type MomentName = keyof typeof MOMENTS

/** A key that seals and opens, and the kid that it has by itself. */
interface SymmetricKey {
  readonly id: string
  readonly kid: string
  readonly bytes: Uint8Array
}

/** What a thief has in the end. */
export interface Loot {
  readonly symmetric: readonly SymmetricKey[]
  readonly signers: readonly SigningKey[]
  readonly privates: readonly Claims[]
  /** Who he can say that he is, with a secret. */
  readonly identities: readonly (keyof typeof SECRETS)[]
}

const NOTHING: Loot = { symmetric: [], signers: [], privates: [], identities: [] }

/** Returns what several secrets give together. */
export function together(loots: readonly Loot[]): Loot {
  const unique = <Key>(keys: readonly Key[], idOf: (key: Key) => string): readonly Key[] => [
    ...new Map(keys.map((key) => [idOf(key), key])).values(),
  ]
  return {
    symmetric: unique(
      loots.flatMap(({ symmetric }) => symmetric),
      ({ id }) => id,
    ),
    signers: unique(
      loots.flatMap(({ signers }) => signers),
      ({ kid }) => kid,
    ),
    privates: loots.flatMap(({ privates }) => privates),
    identities: loots.flatMap(({ identities }) => identities),
  }
}

/** Days whose leaves are worth a try: that of the leak, the last of the first root, and today. */
const daysAt = (now: number): readonly number[] => [
  ...new Set([NOW, ROOT.end - 1, now].map((at) => periodAt(at, LEAKED.period))),
]

/** Returns the leaves of a branch. */
function leavesOf(root: string, branch: Uint8Array, name: string, now: number, number = 1): readonly SymmetricKey[] {
  return daysAt(now).map((day) => ({
    id: `${name} ${writeLeafKid(root, day, number)}`,
    kid: writeLeafKid(root, day, number),
    bytes: deriveLeaf(branch, 'A256GCM', day),
  }))
}

/** What is derived from a root, as far as something here could be done with it. */
const BRANCHES: readonly (readonly [Purpose, string, number?])[] = [
  ['access', API],
  ['access', API, 2],
  ['access', FRONT],
  ['access', SIGNED],
  ['code', ''],
  ['refresh', ''],
  ['session', ''],
  ['mark', ''],
]

function fromBranch({ kid, k }: Root, purpose: Purpose, resource: string, now: number, number = 1): Loot {
  const branch = deriveBranch(k, ISSUER, purpose, resource, number)
  return { ...NOTHING, symmetric: leavesOf(kid, branch, `${purpose} ${resource}`, now, number) }
}

function fromRoot(root: Root, now: number): Loot {
  const loots = BRANCHES.map(([purpose, resource, number]) => fromBranch(root, purpose, resource, now, number))
  const only = { ...LEAKED, roots: [root], rsa: [] }
  const { named: signerOf } = createSigningKeys(only, ISSUER)
  const signers = daysAt(now).flatMap((day) => signerOf(writeLeafKid(root.kid, day), now) ?? [])
  return together([...loots, { ...NOTHING, signers }])
}

const fromExport = (resource: string, now: number): Loot =>
  together(LEAKED.roots.map((root) => fromBranch(root, 'access', resource, now)))

/** Whoever has the secret of A's server asks the issuer for A's keys. */
async function fromServer(issuer: Issuer): Promise<Loot> {
  const headers = { authorization: basic('api-server', SECRETS['api-server']) }
  const answer = await issuer.fetch(new Request(`${ISSUER}/keys?resource=${encodeURIComponent(API)}`, { headers }))
  if (!answer.ok) return NOTHING
  const { keys } = (await answer.json()) as { keys: readonly { kid: string; k: string }[] }
  return {
    ...NOTHING,
    identities: ['api-server'],
    symmetric: keys.map(({ kid, k }) => ({ id: `access ${API} ${kid}`, kid, bytes: decodeBase64url(k) })),
  }
}

/** What may leak, and what comes of it: what is derived, and what the issuer tells for it. */
export const SECRETS_LEAKED: Readonly<Record<string, (now: number, issuer: Issuer) => Loot | Promise<Loot>>> = {
  'the root that seals': (now) => fromRoot(ROOT, now),
  'the root that is staged': (now) => fromRoot(NEXT, now),
  'A’s branch of the root that seals': (now) => fromBranch(ROOT, 'access', API, now),
  'A’s leaf of that day': () => ({ ...NOTHING, symmetric: fromBranch(ROOT, 'access', API, NOW).symmetric.slice(0, 1) }),
  'A’s export': (now) => fromExport(API, now),
  'X’s export': (now) => fromExport(FRONT, now),
  'N’s export': (now) => fromExport(SIGNED, now),
  'P’s private key': () => ({ ...NOTHING, privates: [PARTNER_KEY] }),
  'the branch of codes': (now) => fromBranch(ROOT, 'code', '', now),
  'the branch of marks': (now) => fromBranch(ROOT, 'mark', '', now),
  'the signing key of that day': () => {
    const key = createSigningKeys(LEAKED, ISSUER).signing('ES256', NOW)
    return { ...NOTHING, signers: key === undefined ? [] : [key] }
  },
  'the RSA key': () => {
    const key = createSigningKeys(LEAKED, ISSUER).signing('RS256', NOW)
    return { ...NOTHING, signers: key === undefined ? [] : [key] }
  },
  'the secret of A’s server': (_, issuer) => fromServer(issuer),
  'a client’s secret': () => ({ ...NOTHING, identities: ['service'] }),
  'an operator’s secret': () => ({ ...NOTHING, identities: ['operator'] }),
}

/** The settings of a moment. */
function issuerAt({ now, ring, branch, areSecretsNew }: Moment): Issuer {
  const changed = <Settings extends object>(settings: Settings) => ({ ...settings, secret_hash: secretHash('new') })
  const { service, operator, 'api-server': server, web, ...others } = VARS.CLIENTS
  const secret = <Settings extends object>(settings: Settings, old: string) =>
    areSecretsNew ? changed(settings) : { ...settings, secret_hash: secretHash(old) }
  const clients = {
    ...others,
    // For one that asks for it, RSA keys are told.
    web: { ...web, scopes: [...web.scopes, 'openid'], id_token_signed_response_alg: 'RS256' },
    service: secret(service, SECRETS.service),
    operator: secret(operator, SECRETS.operator),
    'api-server': secret(server, SECRETS['api-server']),
  }
  const { jwks, ...partnerSettings } = VARS.RESOURCES[PARTNER]
  const { d: _, ...newPartner } = NEW_PARTNER
  const keys = areSecretsNew ? { keys: [newPartner] } : jwks
  const resources = {
    ...VARS.RESOURCES,
    [API]: { ...VARS.RESOURCES[API], branch },
    [PARTNER]: { ...partnerSettings, jwks: keys },
  }
  return testIssuer({
    keyRing: writeRing(ring),
    now: () => now,
    clients: clients as IssuerSettings['clients'],
    resources: resources as IssuerSettings['resources'],
    revocations: createMemoryRevocations('salt', () => now * 1000),
    openid: {},
  } as Partial<IssuerSettings>)
}

/** Another key of the partner: that of RFC 7515 §A.3. */
const NEW_PARTNER = {
  ...PARTNER_KEY,
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  kid: 'partner-2',
}

const utf8 = new TextEncoder()

/** Seals by any key, under any kid. */
async function seal(bytes: Uint8Array, header: Claims, plaintext: string): Promise<string> {
  const protectedHeader = { alg: 'dir', enc: 'A256GCM', ...header }
  return new CompactEncrypt(utf8.encode(plaintext)).setProtectedHeader(protectedHeader).encrypt(bytes)
}

/** What there is to be read and made at a moment, and who is deceived. */
export interface World {
  /** What each secret gives, by its name. */
  readonly loots: ReadonlyMap<string, Loot>
  /** Tells which of all deeds somebody can do. */
  canDo(loot: Loot): Promise<readonly string[]>
}

/** Returns the world of a moment. */
export async function createWorld(moment: Moment): Promise<World> {
  const { now, ring, branch } = moment
  const issuer = issuerAt(moment)
  const ask = (request: Request) => issuer.fetch(request)
  const keyring = createKeyring(ring, ISSUER)
  const jwks = (await (await ask(new Request(`${ISSUER}/jwks`))).json()) as Parameters<typeof createLocalJWKSet>[0]
  const keysOf = (resource: string) =>
    writeKeys(exportKeys(ring, { issuer: ISSUER, resource, now, branch: resource === API ? branch : 1 }))
  const common = { issuer: ISSUER, now: () => now }
  const partner = moment.areSecretsNew ? NEW_PARTNER : PARTNER_KEY
  const verifiers: Readonly<Record<'A' | 'X' | 'N' | 'P', Verifier>> = {
    A: createVerifier({ ...common, resource: API, keys: keysOf(API) }),
    X: createVerifier({ ...common, resource: FRONT, keys: keysOf(FRONT) }),
    N: createVerifier({ ...common, resource: SIGNED, keys: keysOf(SIGNED), jwks: jwks as never }),
    P: createVerifier({ ...common, resource: PARTNER, decryptionKeys: { keys: [partner] }, jwks: jwks as never }),
  }

  const mint = async (client: keyof typeof SECRETS, resource: string): Promise<string> => {
    const secret = client === 'service' && moment.areSecretsNew ? 'new' : SECRETS[client]
    const headers = {
      authorization: basic(client, secret),
      'content-type': 'application/x-www-form-urlencoded',
    }
    const body = new URLSearchParams({ grant_type: 'client_credentials', resource }).toString()
    return (await readAnswer(await ask(new Request(`${ISSUER}/token`, { method: 'POST', headers, body })))).access_token
  }
  const person = createPerson(ask, { now: () => now })
  const code = (await person.answer('allow')).searchParams.get('code') ?? ''
  const spare = (await person.answer('allow')).searchParams.get('code') ?? ''
  const { refresh_token = '' } = await readAnswer(await createApp(ask).redeem(spare))
  const recorded = {
    'tokens of A': await mint('service', API),
    'tokens of X': await mint('gateway', FRONT),
    'tokens of N': await mint('machine', SIGNED),
    'tokens of P': await mint('machine', PARTNER),
    codes: code,
    'refresh tokens': refresh_token,
    sessions: person.browser.cookies.get('__Host-bulla-session') ?? '',
  } as const
  type Kind = keyof typeof recorded

  const kidOf = (envelope: string): string =>
    JSON.parse(new TextDecoder().decode(decodeBase64url(envelope.split('.')[0] ?? ''))).kid
  /** What a purpose envelope says: of what shape that is everybody can read in the source. */
  const shape = async (purpose: 'code' | 'refresh' | 'session', envelope: string): Promise<Claims> => {
    const leaf = keyring.leavesFor(purpose, '', 'A256GCM', 30 * DAY).opening(kidOf(envelope), now)
    const { plaintext } = await compactDecrypt(envelope, leaf?.key ?? new Uint8Array(32))
    return JSON.parse(new TextDecoder().decode(plaintext))
  }
  const shapes = {
    code: await shape('code', recorded.codes),
    refresh: await shape('refresh', recorded['refresh tokens']),
    session: await shape('session', recorded.sessions),
  }

  let names = 0
  const claimsFor = (aud: string): Claims => ({
    ...{ iss: ISSUER, sub: 'victim', aud, client_id: 'shop', scope: 'read' },
    ...{ iat: now, exp: now + 300, jti: `forged ${++names}`, gid: `forged ${names}` },
  })
  /** Each key is tried once at each place. */
  const tried = new Map<string, Promise<boolean>>()
  const once = (id: string, attempt: () => Promise<boolean>): Promise<boolean> => {
    const known = tried.get(id)
    if (known !== undefined) return known
    const answer = attempt()
    tried.set(id, answer)
    return answer
  }
  async function any<Key>(keys: readonly Key[], attempt: (key: Key) => Promise<boolean>): Promise<boolean> {
    for (const key of keys) if (await attempt(key)) return true
    return false
  }
  /** Tries a key under its own kid, and under the one that is in use. */
  const underEach = (key: SymmetricKey, inUse: string, attempt: (kid: string) => Promise<boolean>): Promise<boolean> =>
    any([...new Set([key.kid, inUse])], attempt)

  const opens = (key: SymmetricKey, kind: Kind): Promise<boolean> =>
    once(`${kind} read by ${key.id}`, () =>
      compactDecrypt(recorded[kind], key.bytes).then(
        () => true,
        () => false,
      ),
    )
  const opensPrivately = async (jwk: Claims): Promise<boolean> =>
    compactDecrypt(recorded['tokens of P'], await importJWK(jwk as never, 'ECDH-ES')).then(
      () => true,
      () => false,
    )

  const direct = (key: SymmetricKey, to: 'A' | 'X', aud: string): Promise<boolean> =>
    once(`direct ${to} by ${key.id}`, () =>
      underEach(key, kidOf(recorded[`tokens of ${to}`]), async (kid) => {
        const token = await seal(key.bytes, { kid, typ: 'at+jwe' }, JSON.stringify(claimsFor(aud)))
        return (await verifiers[to].verify(token)).ok
      }),
    )

  const exchanged = async (token: string): Promise<boolean> => {
    const headers = {
      authorization: basic('gateway', SECRETS.gateway),
      'content-type': 'application/x-www-form-urlencoded',
    }
    const form = { grant_type: TOKEN_EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, resource: INNER }
    const request = { method: 'POST', headers, body: new URLSearchParams({ ...form, scope: 'read' }).toString() }
    return (await ask(new Request(`${ISSUER}/token`, request))).ok
  }
  const marked = (key: SymmetricKey, mark: SymmetricKey | undefined): Promise<boolean> =>
    once(`exchange by ${key.id}, marked by ${mark?.id}`, () =>
      underEach(key, kidOf(recorded['tokens of X']), async (kid) => {
        const claims = claimsFor(FRONT)
        const text = utf8.encode(JSON.stringify(claims))
        const hmac = { name: 'HMAC', hash: 'SHA-256' }
        const by = mark && (await crypto.subtle.importKey('raw', Uint8Array.from(mark.bytes), hmac, false, ['sign']))
        const value = by && Buffer.from(await crypto.subtle.sign('HMAC', by, text)).toString('base64url')
        const whole = value === undefined ? claims : { ...claims, mark: value }
        return exchanged(await seal(key.bytes, { kid, typ: 'at+jwe' }, JSON.stringify(whole)))
      }),
    )

  const nested = (key: SymmetricKey, signer: SigningKey): Promise<boolean> =>
    once(`nested by ${key.id}, signed by ${signer.kid}`, () =>
      underEach(key, kidOf(recorded['tokens of N']), async (kid) => {
        const jws = await signClaims(claimsFor(SIGNED), 'at+jwt', signer)
        return (await verifiers.N.verify(await seal(key.bytes, { kid, cty: 'JWT' }, jws))).ok
      }),
    )
  /** What is encrypted to a public key anybody can make: signed by what there is, or by nobody. */
  const toPartner = (signer: SigningKey | undefined): Promise<boolean> =>
    once(`to the partner, signed by ${signer?.kid}`, async () => {
      const { d: _, ...jwk } = partner
      const claims = claimsFor(PARTNER)
      const unsigned = `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`
      const jws = signer === undefined ? unsigned : await signClaims(claims, 'at+jwt', signer)
      const header = { alg: 'ECDH-ES', enc: 'A256GCM', kid: jwk.kid, cty: 'JWT' }
      const to = new CompactEncrypt(utf8.encode(jws)).setProtectedHeader(header)
      return (await verifiers.P.verify(await to.encrypt(await importJWK(jwk, 'ECDH-ES')))).ok
    })
  const asIdToken = (signer: SigningKey): Promise<boolean> =>
    once(`an ID token by ${signer.kid}`, async () => {
      const claims = { iss: ISSUER, aud: 'web', sub: 'victim', iat: now, exp: now + 300 }
      const token = await signClaims(claims, 'JWT', signer)
      const expected = { issuer: ISSUER, audience: 'web', currentDate: new Date(now * 1000) }
      return jwtVerify(token, createLocalJWKSet(jwks), expected).then(
        () => true,
        () => false,
      )
    })

  const forgedFacts = (facts: Claims, life: number): string => {
    const name = `forged-${++names}`
    const times = { iat: now, exp: now + life, approved_at: now, grant_end: now + DAY, auth_time: now, started_at: now }
    const known = Object.entries(times).filter(([member]) => Object.hasOwn(facts, member))
    return JSON.stringify({ ...facts, sub: 'victim', jti: name, gid: name, sid: name, ...Object.fromEntries(known) })
  }
  /** Makes an envelope of the issuer's own by a key, and shows it where such a one is taken. */
  const own = (
    kind: 'codes' | 'refresh tokens' | 'sessions',
    purpose: keyof typeof shapes,
    life: number,
    isTaken: (envelope: string) => Promise<boolean>,
  ) => {
    return (key: SymmetricKey): Promise<boolean> =>
      once(`${kind} made by ${key.id}`, () =>
        underEach(key, kidOf(recorded[kind]), async (kid) =>
          isTaken(await seal(key.bytes, { kid, typ: `${purpose}+jwe` }, forgedFacts(shapes[purpose], life))),
        ),
      )
  }
  const makesCode = own('codes', 'code', 60, async (envelope) => (await createApp(ask).redeem(envelope)).ok)
  const makesRefresh = own('refresh tokens', 'refresh', DAY, async (envelope) => {
    return (await createApp(ask).refresh(envelope)).ok
  })
  const makesSession = own('sessions', 'session', 3600, async (envelope) => {
    const browser = createBrowser(ask, new Map([['__Host-bulla-session', envelope]]))
    return !((await browser.get(authorizeUrl())).headers.get('location') ?? '').startsWith(VARS.LOGIN.url)
  })

  const asClient = (identity: string): Promise<boolean> =>
    once(`as ${identity}`, async () => {
      if (identity === 'service') {
        const headers = {
          authorization: basic('service', SECRETS.service),
          'content-type': 'application/x-www-form-urlencoded',
        }
        const body = new URLSearchParams({ grant_type: 'client_credentials', resource: API }).toString()
        return (await ask(new Request(`${ISSUER}/token`, { method: 'POST', headers, body }))).ok
      }
      return (
        identity === 'operator' &&
        (await ask(formRequest('/revocations', 'operator', { kind: 'sub', value: 'somebody' }))).ok
      )
    })

  const reads = (kind: Kind) => (loot: Loot) => any(loot.symmetric, (key) => opens(key, kind))
  const deeds: Readonly<Record<string, (loot: Loot) => Promise<boolean>>> = {
    'reads tokens of A': reads('tokens of A'),
    'reads tokens of X': reads('tokens of X'),
    'reads tokens of N': reads('tokens of N'),
    'reads tokens of P': (loot) => any(loot.privates, opensPrivately),
    'reads codes': reads('codes'),
    'reads refresh tokens': reads('refresh tokens'),
    'reads sessions': reads('sessions'),
    'makes tokens of A': ({ symmetric }) => any(symmetric, (key) => direct(key, 'A', API)),
    'makes tokens of X': ({ symmetric }) => any(symmetric, (key) => direct(key, 'X', FRONT)),
    'makes tokens of X to exchange': async ({ symmetric }) => {
      const outers = await filter(symmetric, (key) => direct(key, 'X', FRONT))
      return any(outers, (key) => any([undefined, ...symmetric], (mark) => marked(key, mark)))
    },
    'makes tokens of N': async ({ symmetric, signers }) => {
      const outers = await filter(symmetric, (key) => opens(key, 'tokens of N'))
      return any(outers, (key) => any(signers, (signer) => nested(key, signer)))
    },
    'makes tokens of P': ({ signers }) => any([undefined, ...signers], toPartner),
    'makes codes': ({ symmetric }) => any(symmetric, makesCode),
    'makes refresh tokens': ({ symmetric }) => any(symmetric, makesRefresh),
    'makes sessions': ({ symmetric }) => any(symmetric, makesSession),
    'makes ID tokens': ({ signers }) => any(signers, asIdToken),
    'is the client': ({ identities }) =>
      any(
        identities.filter((one) => one === 'service'),
        asClient,
      ),
    'is the operator': ({ identities }) =>
      any(
        identities.filter((one) => one === 'operator'),
        asClient,
      ),
  }

  const loots = new Map<string, Loot>()
  for (const [name, leak] of Object.entries(SECRETS_LEAKED)) loots.set(name, await leak(now, issuer))
  return {
    loots,
    async canDo(loot) {
      const done: string[] = []
      for (const [name, deed] of Object.entries(deeds)) if (await deed(loot)) done.push(name)
      return done
    },
  }
}

async function filter<Key>(keys: readonly Key[], isGood: (key: Key) => Promise<boolean>): Promise<readonly Key[]> {
  const good: Key[] = []
  for (const key of keys) if (await isGood(key)) good.push(key)
  return good
}
