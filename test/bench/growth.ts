/**
 * What grows with an installation, and must not slow it: clients, resources, roots, revocations, scopes. In Node, without
 * HTTP, where a difference shows best.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { digestText } from '../../keys/digest.ts'
import { type Ring, type Root, readRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryRevocations } from '../../src/index.ts'
import { createDirectVerifier, type Verifier } from '../../src/verifier/direct.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { type Contender, type Effort, race, ratioIn, timeIn } from './measure.ts'
import { CLIENT } from './oidc_provider.ts'
import { nodeFloor } from './open_node.ts'
import { type Row, writeTime } from './report.ts'
import { API, directToken, ISSUER, LIFE, NOW, ring } from './tokens.ts'

const SECRET_HASH = `sha256:${encodeBase64url(digestText(CLIENT.secret))}`
const DAY = 86_400

/** A ring of so many roots, of which the last is in use: a day each. */
function ringOf(count: number): Ring {
  const roots = Array.from({ length: count }, (_, index): Root => {
    const use = NOW - 60 - (count - 1 - index) * DAY
    const k = crypto.getRandomValues(new Uint8Array(32))
    return { kid: `r${index + 1}`, k, pub: use - 3700, use, end: use + DAY, del: use + 61 * DAY }
  })
  const reading = readRing(writeRing({ ...ring, roots }))
  if (!reading.ok || reading.bad.length > 0) throw new Error('the ring does not read')
  return reading.ring
}

const scopesOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `orders:read${index}`)

/** How large an installation is. */
interface Size {
  readonly clients?: number
  readonly resources?: number
  readonly roots?: number
  readonly scopes?: number
}

/** Mints a token by an issuer of this size, without HTTP. */
function minting(name: string, { clients = 1, resources = 1, roots = 1, scopes = 2 }: Size): Contender {
  const resource = { scopes: scopesOf(scopes), access_token_lifetime: LIFE }
  const client = { secret_hash: SECRET_HASH, grant_types: ['client_credentials'], scopes: scopesOf(scopes) }
  const uris = [API, ...Array.from({ length: resources - 1 }, (_, index) => `https://api${index}.example.com`)]
  const ids = [...Array.from({ length: clients - 1 }, (_, index) => `client${index}`), CLIENT.id]
  const issuer = createIssuer({
    issuer: ISSUER,
    keyRing: writeRing(roots === 1 ? ring : ringOf(roots)),
    resources: Object.fromEntries(uris.map((uri) => [uri, resource])),
    clients: Object.fromEntries(
      ids.map((id) => [id, { ...client, resources: id === CLIENT.id ? uris.slice(0, 100) : [API] }]),
    ),
    log: () => {},
  })
  const request = {
    uri: '/token',
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: API,
      scope: 'orders:read0',
    }).toString(),
  }
  return {
    name,
    async run(times) {
      for (let index = 0; index < times; index++) {
        const { status } = await issuer.createTokenResponse(request)
        if (status !== 200) throw new Error(`${name}: ${status}`)
      }
    },
  }
}

function opening(name: string, { verify }: Verifier, token: string): Contender {
  return {
    name,
    async run(times) {
      for (let index = 0; index < times; index++)
        if (!(await verify(token)).ok) throw new Error(`${name}: a good token is refused`)
    },
  }
}

/** Opens a token by a verifier that knows of so many revocations, none of them this token's. */
async function openingBeside(name: string, revoked: number): Promise<Contender> {
  const revocations = createMemoryRevocations('salt of the benchmark')
  const times = { at: NOW, until: NOW + DAY, keep: NOW + DAY }
  for (let index = 0; index < revoked; index++) {
    const kind = (['jti', 'gid', 'sub', 'client'] as const)[index % 4] ?? 'jti'
    await revocations.add({ kind, value: `other ${index}`, ...times, by: 'operator' }, NOW)
  }
  const issuer = createIssuer({
    issuer: ISSUER,
    keyRing: writeRing(ring),
    resources: { [API]: { scopes: ['orders:read', 'orders:write'] } },
    clients: {},
    revocations,
    log: () => {},
  })
  const { token, keys } = await directToken()
  const verifier = createVerifier({
    issuer: ISSUER,
    resource: API,
    keys,
    revocations: { url: `${ISSUER}/revocations`, every: 3600, maxStale: DAY },
    fetch: async (url, init) => issuer.request(new Request(url, init)),
  })
  return opening(name, verifier, token)
}

/** Measures what grows. */
export async function growth(effort: Effort): Promise<readonly Row[]> {
  const few = await directToken()
  const keysOf = (roots: number) => directToken(roots === 1 ? ring : ringOf(roots))
  const [oneRoot, manyRoots] = [await keysOf(1), await keysOf(30)]
  const direct = (keys: string): Verifier => createDirectVerifier({ issuer: ISSUER, resource: API, keys })
  const oneScope = await directToken(ring, scopesOf(1))
  const manyScopes = await directToken(ring, scopesOf(64))
  const { name: _, ...oneFloor } = nodeFloor(oneScope.token, oneScope.leaf.key)
  const { name: __, ...manyFloor } = nodeFloor(manyScopes.token, manyScopes.leaf.key)
  const pairs: readonly (readonly [what: string, small: Contender, large: Contender])[] = [
    ['mint: 1 and 10,000 clients', minting('a1', {}), minting('a2', { clients: 10_000 })],
    ['mint: 1 and 10,000 resources', minting('b1', {}), minting('b2', { resources: 10_000 })],
    ['mint: a ring of 1 and of 30 roots', minting('c1', {}), minting('c2', { roots: 30 })],
    ['mint: 1 and 64 scopes of client and resource', minting('d1', { scopes: 1 }), minting('d2', { scopes: 64 })],
    [
      'open: a ring of 1 and of 30 roots',
      opening('e1', direct(oneRoot.keys), oneRoot.token),
      opening('e2', direct(manyRoots.keys), manyRoots.token),
    ],
    ['open: 0 and 10,000 revocations', await openingBeside('f1', 0), await openingBeside('f2', 10_000)],
  ]
  const rows: Row[] = []
  for (const [what, small, large] of pairs) {
    const times = await race([small, large], effort)
    rows.push({
      group: 'growth',
      ours: what.split(': ')[1] ?? '',
      beside: what.split(': ')[0] ?? '',
      figures: `${writeTime(timeIn(times, small.name))} : ${writeTime(timeIn(times, large.name))}`,
      ratio: ratioIn(times, small.name, large.name),
      bar: { atMost: 1.15 },
    })
  }
  const contenders = [
    opening('one', direct(few.keys), oneScope.token),
    opening('many', direct(few.keys), manyScopes.token),
    { name: 'one, floor', ...oneFloor },
    { name: 'many, floor', ...manyFloor },
  ]
  const times = await race(contenders, effort)
  const row = (a: string, b: string, ours: string, beside: string): Row => ({
    group: 'growth',
    ours,
    beside,
    figures: `${writeTime(timeIn(times, a))} : ${writeTime(timeIn(times, b))}`,
    ratio: ratioIn(times, a, b),
  })
  const sizes = `${oneScope.token.length} and ${manyScopes.token.length} characters`
  rows.push(row('one', 'many', '1 and 64 scopes in the token', `open: ${sizes}`))
  rows.push(row('one, floor', 'many, floor', '… the floor of the same', `open: ${sizes}`))
  return rows
}
