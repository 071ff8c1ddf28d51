/**
 * Other people's libraries, both ways: what our issuer sealed they open, and what they sealed our verifier opens.
 *
 * Each peer is one script that does jobs. It gets a list of them on stdin, and prints a list of `{ value }` or
 * `{ error }`:
 *
 * - `make`: a key pair of some `kind`; the value is the private JWK;
 * - `open`: a `token` with the JWK Set `keys`, if it is of just `alg` and `enc`; with `jwks`, the issuer's, also verify
 *   what is inside, if it is of just `sig`. The value is the claims;
 * - `seal`: `payload`, with `sign` signed, to `key` under `header`. The value is the token.
 *
 * @module
 */

import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type ContentEncryption,
  createKeyring,
  createRing,
  type Leaf,
  type RsaJwk,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type SigningKey,
  writeRing,
} from '../../keys/index.ts'
import { createIssuer, type Issuer } from '../../src/index.ts'
import { leafRecipient, recipientOf } from '../../src/jose/recipient.ts'
import { sealNested } from '../../src/token/nested.ts'
import { createVerifier, type JwkSet, type Verification } from '../../src/verifier/index.ts'
import { run } from '../checkout.ts'
import { DOCS } from '../docs.ts'
import { basic, ISSUER, named, secretHash, testKey } from '../fixtures.ts'

type Jwk = Readonly<Record<string, unknown>>

/** What a job came to. */
interface Result {
  readonly value?: unknown
  readonly error?: string
}

/** The keys that a token can be encrypted to, and how the content key is then managed. */
const OUTER = { 'P-256': 'ECDH-ES', X25519: 'ECDH-ES', RSA: 'RSA-OAEP-256', dir: 'dir' } as const
type Kind = keyof typeof OUTER
const KINDS = Object.keys(OUTER) as readonly Kind[]
const PAIRS = ['P-256', 'X25519', 'RSA'] as const
const ENCS: readonly ContentEncryption[] = ['A256GCM', 'A256CBC-HS512']

/** What a token is made of; without a signature it is `direct`. */
interface Form {
  readonly kind: Kind
  readonly enc: ContentEncryption
  readonly sig: SigningAlgorithm | undefined
}
const DIRECT: readonly Form[] = ENCS.map((enc) => ({ kind: 'dir', enc, sig: undefined }))
const NESTED: readonly Form[] = KINDS.flatMap((kind) =>
  ENCS.flatMap((enc) => SIGNING_ALGORITHMS.map((sig) => ({ kind, enc, sig }))),
)
const FORMS: readonly Form[] = [...DIRECT, ...NESTED]

function nameOf({ kind, enc, sig = 'direct' as never }: Form): string {
  return `${sig} ${kind} ${enc}`
}

/** A peer: how it is started, and exactly what it cannot do. */
interface Peer {
  readonly command: readonly [string, string, ...string[]]
  /** The key pairs that it makes; the others the test makes for it. */
  readonly makes: readonly Kind[]
  /** What it lacks: any form that needs one of these must fail, so that a version that learns it is noticed here. */
  readonly lacks: readonly string[]
}

/** Debian's, and npm's. `Ed25519` is the name of RFC 9864: those who lack it may know the key under the older `EdDSA`. */
const PEERS: Readonly<Record<string, Peer>> = {
  "Python's jwcrypto": { command: ['/usr/bin/python3', 'python_jwcrypto.py'], makes: PAIRS, lacks: ['Ed25519'] },
  'the C command jose': {
    command: ['/usr/bin/python3', 'c_jose.py'],
    makes: ['P-256', 'RSA'],
    lacks: ['X25519', 'RSA', 'Ed25519'],
  },
  "Go's go-jose": {
    command: ['go', 'run', 'go_jose/main.go'],
    makes: ['P-256', 'RSA'],
    lacks: ['X25519', 'Ed25519'],
  },
  "Ruby's json-jwt": { command: ['ruby', 'ruby_json_jwt.rb'], makes: [], lacks: [...PAIRS, 'Ed25519'] },
  "npm's jose": { command: ['node', 'npm_jose.mjs'], makes: PAIRS, lacks: [] },
}

const GO = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: join(tmpdir(), 'bulla-go-cache') }

/** Has a peer do jobs, in one process. One that is not installed fails. */
async function ask({ command }: Peer, jobs: readonly object[]): Promise<readonly Result[]> {
  const [file, ...args] = command
  const cwd = join(import.meta.dirname, 'peers')
  const { code, out, err } = await run(file, args, { cwd, input: JSON.stringify(jobs), env: GO })
  expect([code, err]).toEqual([0, ''])
  const results: readonly Result[] = JSON.parse(out)
  expect(results).toHaveLength(jobs.length)
  return results
}

/** Makes a key pair. */
function makeKey(kind: (typeof PAIRS)[number]): Jwk {
  const { privateKey } =
    kind === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : kind === 'X25519'
        ? generateKeyPairSync('x25519')
        : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }) }
}

/** Returns what its owner gives away of a key pair. */
function publicOf({ kty, crv, x, y, n, e, kid }: Jwk): Jwk {
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, kid, use: 'enc' }))
}

const now = Math.floor(Date.now() / 1000)

/** Returns a ring with an RSA key; all rings have the same kids. */
function makeRing(turn: number) {
  const { kty: _, ...rsaKey } = makeKey('RSA')
  return named(createRing({ now: now - 3 * 86_400, key: testKey(turn), rsaKey: rsaKey as unknown as RsaJwk }))
}
const ring = makeRing(0)
const keyring = createKeyring(ring, ISSUER)
const strangers = createKeyring(makeRing(1), ISSUER)

function resourceOf(form: Form): string {
  return `https://${nameOf(form).toLowerCase().replaceAll(' ', '.')}.example`
}

function leafOf(form: Form): Leaf {
  return keyring.leavesFor('access', resourceOf(form), form.enc, 600).sealing(now) as Leaf
}

/** Returns what `bulla keys export` prints for a resource. */
async function exportFor(form: Form, ...flags: readonly string[]): Promise<string> {
  const of = [
    '--ring',
    '-',
    '--issuer',
    ISSUER,
    '--resource',
    resourceOf(form),
    '--enc',
    form.enc,
    '--unknown',
    '--branch',
    '1',
  ]
  const call = [join(import.meta.dirname, '../../src/cli/bulla.ts'), 'keys', 'export', ...of, ...flags]
  const { code, out, err } = await run('node', call, { input: writeRing(ring) })
  expect([code, err]).toEqual([0, ''])
  return out
}

/** Returns an issuer with a resource of every form, whose resource servers gave these keys. */
function issuerFor(keys: Readonly<Record<string, Jwk>>): Issuer {
  const resources = FORMS.map((form) => {
    const { kind, enc, sig } = form
    const jwks = kind === 'dir' ? {} : { jwks: { keys: [publicOf(keys[kind] ?? {})] } }
    const nested =
      sig === undefined ? {} : ({ envelope: 'nested', encryption_alg: OUTER[kind], signing_alg: sig, ...jwks } as const)
    return [resourceOf(form), { scopes: ['read'], enc, ...nested }] as const
  })
  const service = {
    secret_hash: secretHash('service-secret'),
    grant_types: ['client_credentials'],
    resources: resources.map(([uri]) => uri),
    scopes: ['read'],
  }
  return createIssuer({
    issuer: ISSUER,
    keyRing: writeRing(ring),
    resources: Object.fromEntries(resources),
    clients: { service },
    claims: () => ({ tenant: 'größe' }),
    log: () => {},
    now: () => now,
  })
}

/** Gets a token from the issuer. */
async function tokenOf(issuer: Issuer, form: Form): Promise<string> {
  const response = await issuer.request(`${ISSUER}/token`, {
    method: 'POST',
    headers: { authorization: basic('service', 'service-secret') },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: resourceOf(form) }),
  })
  const { access_token } = (await response.json()) as { access_token?: string }
  expect(response.status).toBe(200)
  return access_token ?? ''
}

/** Returns a signing key as a private JWK, which nobody but the issuer ever has. */
function jwkOf({ kid, material }: SigningKey): Jwk {
  if ('rsa' in material) return { kty: 'RSA', ...material.rsa, kid }
  const key = createPrivateKey({ key: Buffer.from(material.pkcs8), format: 'der', type: 'pkcs8' })
  return { ...key.export({ format: 'jwk' }), kid }
}

const signerOf = (sig: SigningAlgorithm, from = keyring): SigningKey => from.signingKeys.signing(sig, now) as SigningKey

const entitlementOf = (form: Form) => ({
  sub: 'zoë',
  client_id: 'app',
  aud: resourceOf(form),
  scope: ['read'],
  iat: now,
  exp: now + 600,
  jti: 'AAAAAAAAAAAAAAAAAAAAAA',
  claims: { tenant: 'größe' },
})

const claimsOf = (form: Form) => {
  const { claims, scope, ...others } = entitlementOf(form)
  return { iss: ISSUER, ...others, scope: scope.join(' '), ...claims }
}

const base64url = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url')

/** The exports of the resources with leaves, by form. */
const branches = new Map<Form, string>()
const leafSets = new Map<Form, JwkSet>()

beforeAll(async () => {
  for (const form of FORMS.filter(({ kind }) => kind === 'dir')) {
    const [keys, jwks] = await Promise.all([exportFor(form), exportFor(form, '--jwks')])
    branches.set(form, keys)
    leafSets.set(form, JSON.parse(jwks))
  }
}, 60_000)

describe.each(Object.entries(PEERS))('%s', (_, peer) => {
  const able = (forms: readonly Form[]): readonly Form[] =>
    forms.filter(({ kind, enc, sig = '' }) => ![kind, enc, sig].some((part) => peer.lacks.includes(part)))
  const forgeable = able(NESTED.filter(({ enc, sig }) => enc === 'A256GCM' && sig !== 'Ed25519'))

  let made: readonly Result[] = []
  let opened: readonly Result[] = []
  let sealed: readonly Result[] = []
  let misled: readonly Result[] = []
  let forged: readonly Result[] = []
  let keys: Readonly<Record<string, Jwk>> = {}
  let jwks: JwkSet = { keys: [] }

  /** Has our verifier look at a token. */
  function verify(form: Form, token: unknown): Promise<Verification> {
    const { kind, enc, sig } = form
    const own =
      kind === 'dir' ? { keys: branches.get(form) ?? '' } : { decryptionKeys: { keys: [keys[kind] ?? {}] }, enc }
    const signed = sig === undefined ? {} : { jwks }
    const options = { issuer: ISSUER, resource: resourceOf(form), now: () => now, ...own, ...signed }
    return createVerifier(options).verify(String(token))
  }

  function jobToOpen(form: Form, token: string): object {
    const { kind, enc, sig } = form
    const own = kind === 'dir' ? leafSets.get(form) : { keys: [keys[kind]] }
    return { do: 'open', token, keys: own, alg: OUTER[kind], enc, ...(sig === undefined ? {} : { sig, jwks }) }
  }

  function jobToSeal(
    form: Form,
    payload: string,
    by?: SigningKey,
    said: object = by ? { cty: 'JWT' } : { typ: 'at+jwe' },
  ): object {
    const { kind, enc } = form
    const { kid } = kind === 'dir' ? leafOf(form) : { kid: keys[kind]?.['kid'] }
    const key = kind === 'dir' ? leafSets.get(form)?.keys.find((jwk) => jwk['kid'] === kid) : publicOf(keys[kind] ?? {})
    const sign = by && { header: { alg: by.alg, kid: by.kid, typ: 'at+jwt' }, key: jwkOf(by) }
    return { do: 'seal', payload, header: { alg: OUTER[kind], enc, kid, ...said }, key, ...(sign && { sign }) }
  }

  /** What the verifier must not believe, though it is encrypted to it as it should be. */
  function jobsToForge(form: Form): readonly object[] {
    const claims = claimsOf(form)
    const unsigned = `${base64url({ alg: 'none', typ: 'at+jwt' })}.${base64url(claims)}.`
    const by = signerOf(form.sig as SigningAlgorithm, strangers)
    return [
      jobToSeal(form, JSON.stringify(claims)),
      jobToSeal(form, JSON.stringify(claims), undefined, { cty: 'JWT' }),
      jobToSeal(form, unsigned, undefined, { cty: 'JWT' }),
      jobToSeal(form, JSON.stringify(claims), by),
    ]
  }

  beforeAll(async () => {
    made = await ask(
      peer,
      PAIRS.map((kind) => ({ do: 'make', kind })),
    )
    const pairs = PAIRS.map((kind, index) => {
      const own = (made[index]?.value as Jwk | undefined) ?? makeKey(kind)
      return [kind, { ...own, kid: `peer-${kind}` }] as const
    })
    keys = Object.fromEntries(pairs)
    const issuer = issuerFor(keys)
    jwks = (await (await issuer.request(`${ISSUER}/jwks`)).json()) as JwkSet
    const strange = async (form: Form): Promise<string> => {
      const to =
        form.kind === 'dir' ? leafRecipient(leafOf(form)) : recipientOf(publicOf(keys[form.kind] ?? {}), form.enc)
      return sealNested(entitlementOf(form), ISSUER, signerOf(form.sig as SigningAlgorithm, strangers), await to)
    }
    const jobs = await Promise.all([
      Promise.all(FORMS.map(async (form) => jobToOpen(form, await tokenOf(issuer, form)))),
      FORMS.map((form) => jobToSeal(form, JSON.stringify(claimsOf(form)), form.sig && signerOf(form.sig))),
      Promise.all(forgeable.map(async (form) => jobToOpen(form, await strange(form)))),
      forgeable.flatMap(jobsToForge),
    ])
    const results = [...(await ask(peer, jobs.flat()))]
    const [first, second, third, fourth] = jobs.map((some) => results.splice(0, some.length))
    ;[opened, sealed, misled, forged] = [first ?? [], second ?? [], third ?? [], fourth ?? []]
  }, 60_000)

  it('makes the key pairs that it knows', () => {
    expect(PAIRS.filter((_, index) => made[index]?.value !== undefined)).toEqual(peer.makes)
  })

  it('opens what the issuer sealed, in every form that it knows and no other', () => {
    const names = FORMS.flatMap((form, index) => (opened[index]?.value === undefined ? [] : [nameOf(form)]))
    expect(names).toEqual(able(FORMS).map(nameOf))
    for (const [index, form] of FORMS.entries()) {
      const { value, error } = opened[index] ?? {}
      if (value === undefined) expect(error).toMatch(/./)
      else
        expect(value).toEqual({
          ...claimsOf(form),
          sub: 'client:service',
          client_id: 'service',
          jti: expect.stringMatching(/^[\w-]{22}$/),
        })
    }
  })

  it('seals what the verifier opens, in every form that it knows and no other', async () => {
    const names = FORMS.flatMap((form, index) => (sealed[index]?.value === undefined ? [] : [nameOf(form)]))
    expect(names).toEqual(able(FORMS).map(nameOf))
    for (const form of able(FORMS)) {
      const verification = await verify(form, sealed[FORMS.indexOf(form)]?.value)
      expect([nameOf(form), verification]).toEqual([nameOf(form), { ok: true, entitlement: entitlementOf(form) }])
    }
  })

  it('refuses, as it is used here, what was signed by another than the issuer (C01)', () => {
    expect(misled).toHaveLength(forgeable.length)
    expect(misled.filter(({ value }) => value !== undefined)).toEqual([])
  })

  it('cannot make the verifier believe what it sealed without the signature of the issuer (C01, C02)', async () => {
    expect(forged).toHaveLength(4 * forgeable.length)
    const answers = new Set<string>()
    for (const [index, { value, error }] of forged.entries()) {
      expect(error).toBeUndefined()
      const verification = await verify(forgeable[Math.floor(index / 4)] as Form, value)
      const reason = ['header', 'form', 'form', 'signature'][index % 4]
      expect(verification).toMatchObject({ ok: false, code: 'invalid_token', reason })
      const { response } = verification as Extract<Verification, { ok: false }>
      const challenge = response.headers.get('www-authenticate')?.replace(/realm="[^"]*"/, '')
      answers.add([response.status, challenge, await response.text()].join())
    }
    expect(answers.size).toBe(1)
  })
})

describe('the docs', () => {
  it('tells of each library what it can do, as it was found here', () => {
    const names = ['jwcrypto (Python)', 'jose (C)', 'go-jose (Go)', 'json-jwt (Ruby)', 'jose (JavaScript)']
    for (const [index, { lacks }] of Object.values(PEERS).entries()) {
      const told = (parts: readonly string[]): readonly string[] => parts.filter((part) => !lacks.includes(part))
      const cells =
        DOCS.split('\n')
          .find((line) => line.startsWith(`| ${names[index]} |`))
          ?.split('|') ?? []
      const [keys, algorithms] = cells.slice(3).map((cell) => cell.replaceAll('`', '').trim().split(', '))
      expect([cells[2], keys, algorithms]).toEqual([
        expect.stringMatching(/yes/),
        told(KINDS),
        told(SIGNING_ALGORITHMS),
      ])
    }
  })
})
