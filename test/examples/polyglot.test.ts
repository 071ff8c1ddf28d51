/**
 * The example in two languages, as its reader starts it: the API in FastAPI and in Go beside a packed issuer. Both, and our own
 * verifier, are asked the same; they answer alike, to the byte.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { deflateRawSync } from 'node:zlib'
import { CompactEncrypt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier, remoteKeys, type Verifier } from '../../src/verifier/index.ts'
import { ENV, run } from '../checkout.ts'
import { basic } from '../fixtures.ts'
import { freePort, waitFor } from '../parties/live_issuer.ts'
import { placeExample } from '../parties/packed.ts'

const RESOURCE = 'https://api.example.com'
/** Debian's Python and Go, with the libraries of Debian. */
const DEBIAN = {
  PATH: `${ENV['PATH']?.split(':', 1)}:/usr/bin:${ENV['PATH']}`,
  GO111MODULE: 'off',
  GOPATH: '/usr/share/gocode',
  GOCACHE: join(tmpdir(), 'bulla-go-cache'),
}
const LANGUAGES = ['FastAPI', 'Go'] as const
type Language = (typeof LANGUAGES)[number]

let folder = ''
let issuer = ''
let said = ''
let ports: Readonly<Record<Language, number>>
let verifier: Verifier
let keys: readonly { readonly kid: string; readonly k: string; readonly nbf: number; readonly exp: number }[] = []
const children: ChildProcess[] = []

/** Starts a program of the example in a group of its own. */
function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd = folder): ChildProcess {
  const child = spawn(file, args, { cwd, env: { ...ENV, ...DEBIAN, ...env }, detached: true })
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (some) => (said += some))
  children.push(child)
  return child
}

const secretOf = async (file: string) => (await readFile(join(folder, file), 'utf8')).split('\n', 1)[0] ?? ''

/** Starts the APIs alone, once more. */
async function startApis(env: NodeJS.ProcessEnv): Promise<Readonly<Record<Language, number>>> {
  const [python, go] = [await freePort(), await freePort()]
  const own = { CLIENT_SECRET: await secretOf('api.secret'), ISSUER: issuer, ...env }
  start('python3', ['-m', 'uvicorn', 'api:app', '--port', String(python)], own, join(folder, 'python'))
  start(join(folder, 'orders-api'), [], { ...own, PORT: String(go) })
  await Promise.all([python, go].map((port) => waitFor(`http://127.0.0.1:${port}/`)))
  return { FastAPI: python, Go: go }
}

beforeAll(async () => {
  folder = await placeExample('polyglot')
  const [port, python, go] = [await freePort(), await freePort(), await freePort()]
  ports = { FastAPI: python, Go: go }
  issuer = `http://localhost:${port}`
  const env = { ISSUER_PORT: `${port}`, PYTHON_PORT: `${python}`, GO_PORT: `${go}`, LIST_EVERY: '1' }
  start('npm', ['start', '--silent'], env)
  await Promise.all([issuer, ...Object.values(ports).map((one) => `http://127.0.0.1:${one}/`)].map(waitFor))
  const clientSecret = await secretOf('api.secret')
  const headers = { authorization: basic('orders-api', clientSecret) }
  keys = ((await (await fetch(`${issuer}/keys`, { headers })).json()) as { keys: typeof keys }).keys
  verifier = createVerifier({
    issuer,
    resource: RESOURCE,
    keys: remoteKeys({ url: `${issuer}/keys`, clientId: 'orders-api', clientSecret }),
    revocations: { url: `${issuer}/revocations`, every: 1 },
    dpop: 'off',
    onProblem: () => {},
  })
}, 120_000)
afterAll(() => {
  for (const { pid, exitCode } of children) if (pid !== undefined && exitCode === null) process.kill(-pid)
})

const now = () => Math.floor(Date.now() / 1000)
const base64url = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64url')
const leaf = () => {
  const found = keys.find(({ nbf, exp }) => nbf <= now() && now() < exp)
  if (found === undefined) throw new Error('there is a key of today')
  return { kid: found.kid, key: Buffer.from(found.k, 'base64url') }
}
const claimsOf = (more: object = {}) => ({
  iss: issuer,
  sub: 'alice',
  aud: RESOURCE,
  client_id: 'billing',
  scope: 'orders:read',
  iat: now(),
  exp: now() + 600,
  jti: randomBytes(16).toString('base64url'),
  ...more,
})
const headerOf = (more: object = {}) => ({ alg: 'dir', enc: 'A256GCM', kid: leaf().kid, typ: 'at+jwe', ...more })

/** Seals whatever it is under the very key, as only who has that can: each case is wrong by one thing. */
function seal(payload: string | Buffer, header: string, key = leaf().key): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(base64url(header)))
  const sealed = Buffer.concat([cipher.update(payload), cipher.final()])
  return `${base64url(header)}..${[iv, sealed, cipher.getAuthTag()].map(base64url).join('.')}`
}
const withClaims = (more: object) => () => seal(JSON.stringify(claimsOf(more)), JSON.stringify(headerOf()))
const withHeader = (more: object) => () => seal(JSON.stringify(claimsOf()), JSON.stringify(headerOf(more)))

/** Changes one character of a token: by default another letter; `spelling` is another one for the same bytes. */
const changed = (part: number, spelling?: number) => () => {
  const parts = withClaims({})().split('.')
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const [segment = '', at] = [parts[part], spelling === undefined ? 3 : (parts[part]?.length ?? 0) - 1]
  const letter = ALPHABET[(ALPHABET.indexOf(segment[at] ?? '') ^ (spelling ?? 4)) % 64]
  parts[part] = segment.slice(0, at) + letter + segment.slice(at + 1)
  return parts.join('.')
}

function signed(alg: 'none' | 'HS256'): string {
  const input = `${base64url(JSON.stringify({ alg, typ: 'at+jwt', kid: leaf().kid }))}.${base64url(JSON.stringify(claimsOf()))}`
  return `${input}.${alg === 'none' ? '' : createHmac('sha256', leaf().key).update(input).digest('base64url')}`
}
const sealedBy = (alg: string, enc: string) => () => {
  const under = leaf()
  const key = alg === 'dir' || alg === 'A256KW' || alg === 'A256GCMKW' ? under.key : under.key.toString('base64url')
  const header = { alg, enc, kid: under.kid, typ: 'at+jwe' }
  const sealing = new CompactEncrypt(Buffer.from(JSON.stringify(claimsOf()))).setProtectedHeader(header)
  return sealing.encrypt(Buffer.from(key as string))
}

type Make = () => string | Promise<string>
const READ = 'orders:read'

/** What is shown, and what it is answered: by two APIs in two languages, and by our verifier. */
const TOKENS: readonly (readonly [what: string, token: Make, status: number])[] = [
  ['one that is good', withClaims({}), 200],
  ['one with more scopes than are needed', withClaims({ scope: 'orders:write orders:read' }), 200],
  ['one that is a little ahead of the clock', withClaims({ iat: now() + 4 }), 200],
  ['one of a day', () => withClaims({ iat: now(), exp: now() + 86_400 })(), 200],
  ['one that has ended', withClaims({ iat: now() - 700, exp: now() - 100 }), 401],
  ['one of the future', withClaims({ iat: now() + 600, exp: now() + 1200 }), 401],
  ['one that lives too long', withClaims({ iat: now() - 5, exp: now() + 86_500 }), 401],
  ['one that ends before it begins', withClaims({ iat: now(), exp: now() - 1 }), 401],
  ['an iat that is a text', withClaims({ iat: String(now()) }), 401],
  ['an iat that is no whole number', withClaims({ iat: now() - 0.5 }), 401],
  ['an iat that is true', withClaims({ iat: true }), 401],
  ['an exp that is a text', withClaims({ exp: String(now() + 600) }), 401],
  ['no exp', withClaims({ exp: undefined }), 401],
  ['no iat', withClaims({ iat: undefined }), 401],
  ['another audience', withClaims({ aud: 'https://other.example.com' }), 401],
  ['an audience that begins alike', withClaims({ aud: `${RESOURCE}/` }), 401],
  ['a list of audiences', withClaims({ aud: [RESOURCE] }), 401],
  ['another issuer', withClaims({ iss: 'https://other.example.com' }), 401],
  ['an issuer with a slash more', () => withClaims({ iss: `${issuer}/` })(), 401],
  ['no subject', withClaims({ sub: undefined }), 401],
  ['an empty subject', withClaims({ sub: '' }), 401],
  ['a subject that is a number', withClaims({ sub: 7 }), 401],
  ['a subject that is a list', withClaims({ sub: ['alice'] }), 401],
  ['no client', withClaims({ client_id: undefined }), 401],
  ['no jti', withClaims({ jti: undefined }), 401],
  ['no scope', withClaims({ scope: undefined }), 401],
  ['a scope that is a list', withClaims({ scope: [READ] }), 401],
  ['another scope', withClaims({ scope: 'orders:write' }), 403],
  ['a scope that begins alike', withClaims({ scope: 'orders:reader' }), 403],
  ['a scope in other letters', withClaims({ scope: 'Orders:Read' }), 403],
  ['scopes with a comma between', withClaims({ scope: 'orders:write,orders:read' }), 403],
  ['a claim Scope of whoever adds claims', withClaims({ scope: 'orders:write', Scope: READ, SCOPE: READ }), 403],
  ['a claim Aud of whoever adds claims', withClaims({ aud: 'https://other.example.com', Aud: RESOURCE }), 401],
  ['one that is bound to a key', withClaims({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }), 401],
  ['one that is bound to nothing', withClaims({ cnf: null }), 401],
  ['claims that are a list', () => seal(JSON.stringify([claimsOf()]), JSON.stringify(headerOf())), 401],
  ['no JSON at all', () => seal('no JSON', JSON.stringify(headerOf())), 401],
  ['another header', changed(0), 401],
  ['another initialization vector', changed(2), 401],
  ['another ciphertext', changed(3), 401],
  ['another tag', changed(4), 401],
  ['another spelling of the tag', changed(4, 1), 401],
  ['a tag with padding', () => `${withClaims({})()}==`, 401],
  ['a tag of one byte', () => withClaims({})().slice(0, -20), 401],
  ['a sixth part', () => `${withClaims({})()}.AA`, 401],
  ['an encrypted key where there is none', () => withClaims({})().replace('..', '.AAAA.'), 401],
  ['more than 8192 characters', withClaims({ more: 'x'.repeat(6200) }), 401],
  ['another typ', withHeader({ typ: 'refresh+jwe' }), 401],
  ['the typ of a signed token', withHeader({ typ: 'at+jwt' }), 401],
  ['no typ', withHeader({ typ: undefined }), 401],
  ['the kid of another key', () => withHeader({ kid: keys.find(({ kid }) => kid !== leaf().kid)?.kid })(), 401],
  ['the kid of no key', withHeader({ kid: 'nobody.1' }), 401],
  ['an empty kid', withHeader({ kid: '' }), 401],
  ['a kid that is a number', withHeader({ kid: 7 }), 401],
  ['another alg', withHeader({ alg: 'A256KW' }), 401],
  ['the alg none', withHeader({ alg: 'none' }), 401],
  ['another enc', withHeader({ enc: 'A128GCM' }), 401],
  ['a member crit', withHeader({ crit: ['exp'] }), 401],
  ['a member cty', withHeader({ cty: 'JWT' }), 401],
  ['a member zip', withHeader({ zip: 'DEF' }), 401],
  [
    'what is compressed',
    () => seal(deflateRawSync(JSON.stringify(claimsOf())), JSON.stringify(headerOf({ zip: 'DEF' }))),
    401,
  ],
  ['a header that is very deep', () => seal('{}', '['.repeat(6000)), 401],
  ['a header that is no object', () => seal('{}', '"alg"'), 401],
  ['another content encryption that takes the same key', sealedBy('dir', 'A128CBC-HS256'), 401],
  ['a key that is wrapped under the key', sealedBy('A256KW', 'A256GCM'), 401],
  ['a key that is encrypted under the key', sealedBy('A256GCMKW', 'A256GCM'), 401],
  ['a key that is made of the key, as of a password', sealedBy('PBES2-HS256+A128KW', 'A256GCM'), 401],
  ['a JWT that is signed by the key', () => signed('HS256'), 401],
  ['a JWT that nobody signed', () => signed('none'), 401],
  ['no token of any kind', () => 'abc', 401],
]

/** Requests around a good token. */
const REQUESTS: readonly (readonly [what: string, make: (token: string) => Asked, status: number])[] = [
  ['no token', () => ({}), 401],
  ['another scheme', () => ({ authorization: [basic('alice', 'secret')] }), 401],
  ['the scheme of a bound token', (token) => ({ authorization: [`DPoP ${token}`] }), 401],
  ['the scheme alone', () => ({ authorization: ['Bearer'] }), 400],
  ['the scheme in other letters', (token) => ({ authorization: [`bEARER ${token}`] }), 200],
  ['a token with what none has', (token) => ({ authorization: [`Bearer ${token}"`] }), 400],
  ['two tokens in one header', (token) => ({ authorization: [`Bearer ${token} ${token}`] }), 400],
  ['two headers', (token) => ({ authorization: [`Bearer ${token}`, `Bearer ${token}`] }), 400],
  ['two headers, the good one first', (token) => ({ authorization: [`Bearer ${token}`, 'Bearer abc'] }), 400],
  ['two headers, joined by a proxy', (token) => ({ authorization: [`Bearer abc, Bearer ${token}`] }), 400],
  ['a token in the query', (token) => ({ query: `?access_token=${token}` }), 401],
  [
    'a token in the query too',
    (token) => ({ authorization: [`Bearer ${token}`], query: `?access_token=${token}` }),
    400,
  ],
  ['what needs another scope', (token) => ({ authorization: [`Bearer ${token}`], method: 'POST' }), 403],
]

interface Asked {
  readonly authorization?: readonly string[]
  readonly query?: string
  readonly method?: string
}

interface Answered {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function ask(port: number, { authorization = [], query = '', method = 'GET' }: Asked): Promise<Answered> {
  const headers = ['Host', 'api.example.com', ...authorization.flatMap((one) => ['Authorization', one])]
  const to = { host: '127.0.0.1', port, method, path: `/orders/7${query}`, headers, agent: false }
  return new Promise((resolve, reject) => {
    const asking = request(to as never, async (answer) => {
      resolve({ status: answer.statusCode, headers: answer.headers, body: await text(answer) })
    })
    asking.on('error', reject).end()
  })
}

/** What our verifier says to the same. */
async function expected({ authorization = [], query = '', method = 'GET' }: Asked): Promise<Answered> {
  const scope = method === 'POST' ? 'orders:read orders:write' : READ
  const rawHeaders = authorization.flatMap((one) => ['Authorization', one])
  const told = await verifier.verify(
    { method, url: `/orders/7${query}`, headers: {}, rawHeaders, scheme: 'https' },
    { scope },
  )
  if (told.ok) return { status: 200, headers: {}, body: '' }
  const { status, headers } = told.response
  return { status, headers: Object.fromEntries(headers), body: await told.response.text() }
}

async function agree(language: Language, asked: Asked, status: number): Promise<void> {
  const [right, answer] = [await expected(asked), await ask(ports[language], asked)]
  expect([right.status, answer.status]).toEqual([status, status])
  if (status === 200) return expect(JSON.parse(answer.body)).toEqual({ id: '7', client: 'billing' })
  const names = ['www-authenticate', 'content-type', 'cache-control', 'retry-after'] as const
  const toldOf = ({ headers, body }: Answered) => [body, ...names.map((name) => headers[name])]
  expect(toldOf(answer)).toEqual(toldOf(right))
}

async function revoke(...words: readonly string[]): Promise<void> {
  const by = ['--issuer', issuer, '--client', 'ops', '--secret-file', 'ops.secret']
  expect(await run('node_modules/.bin/bulla', ['revoke', ...words, ...by], { cwd: folder })).toMatchObject({ code: 0 })
}

describe.each(LANGUAGES)('the API in %s', (language) => {
  it('lets in who has a token of the issuer', async () => {
    const answer = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: basic('billing', await secretOf('billing.secret')) },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    await agree(language, { authorization: [`Bearer ${token}`] }, 200)
    const changing = await ask(ports[language], { authorization: [`Bearer ${token}`], method: 'POST' })
    expect(JSON.parse(changing.body)).toEqual({ id: '7', changed: true, client: 'billing' })
  })

  it.each(TOKENS)('is shown %s', async (_, make, status) => {
    await agree(language, { authorization: [`Bearer ${await make()}`] }, status)
  })

  it.each(REQUESTS)('is asked with %s', async (_, make, status) => {
    await agree(language, make(withClaims({})()), status)
  })
})

describe('the APIs in both languages', () => {
  it('asked for their keys once for all that, and once more for a kid that nobody has', () => {
    const delivered = said.split('\n').filter((line) => line.includes('"keys.delivered"'))
    // The test and our verifier ask, too.
    expect(delivered.length).toBeGreaterThanOrEqual(2 + LANGUAGES.length)
    expect(delivered.length).toBeLessThanOrEqual(3 + 2 * LANGUAGES.length)
  })

  it.each(LANGUAGES)('know in %s what was revoked: a person, and an approval', async (language) => {
    const own = { sub: `person of ${language}`, gid: randomBytes(16).toString('base64url') }
    const token = withClaims(own)()
    const statusOf = async (one: string) => (await ask(ports[language], { authorization: [`Bearer ${one}`] })).status
    expect(await statusOf(token)).toBe(200)
    await revoke('sub', own.sub)
    await expect.poll(() => statusOf(token), { timeout: 20_000, interval: 250 }).toBe(401)
    expect(await statusOf(withClaims({})())).toBe(200)
    const other = withClaims({ gid: own.gid })()
    expect(await statusOf(other)).toBe(200)
    await revoke('grant', own.gid)
    await expect.poll(() => statusOf(other), { timeout: 20_000, interval: 250 }).toBe(401)
  })

  it('say of a token that was given back, in both languages, what our verifier says', async () => {
    const authorization = basic('billing', await secretOf('billing.secret'))
    const body = new URLSearchParams({ grant_type: 'client_credentials' })
    const given = await fetch(`${issuer}/token`, { method: 'POST', headers: { authorization }, body })
    const { access_token: token } = (await given.json()) as { access_token: string }
    const shown = { authorization: [`Bearer ${token}`] }
    const back = { method: 'POST', headers: { authorization }, body: new URLSearchParams({ token }) }
    expect((await fetch(`${issuer}/revoke`, back)).status).toBe(200)
    const statuses = () => Promise.all(LANGUAGES.map(async (one) => (await ask(ports[one], shown)).status))
    await expect.poll(statuses, { timeout: 20_000, interval: 250 }).toEqual([401, 401])
    await expect.poll(async () => (await expected(shown)).status, { timeout: 20_000, interval: 250 }).toBe(401)
    for (const language of LANGUAGES) await agree(language, shown, 401)
  })

  it('fetch their keys anew before they are needed, while they are asked', async () => {
    const often = await startApis({ KEYS_EVERY: '1' })
    const fetches = () => said.split('\n').filter((line) => line.includes('"keys.delivered"')).length
    for (const language of LANGUAGES) {
      const before = fetches()
      const askAgain = async () => {
        const asked = { authorization: [`Bearer ${withClaims({})()}`] }
        expect((await ask(often[language], asked)).status).toBe(200)
        return fetches()
      }
      await expect.poll(askAgain, { timeout: 20_000, interval: 250 }).toBeGreaterThanOrEqual(before + 3)
    }
  })

  it('answer 503, and never 401, while they never had keys', async () => {
    const alone = await startApis({ ISSUER: `http://localhost:${await freePort()}` })
    for (const language of LANGUAGES) {
      const { status, headers, body } = await ask(alone[language], { authorization: [`Bearer ${withClaims({})()}`] })
      expect([status, headers['retry-after'], headers['www-authenticate']]).toEqual([503, '5', undefined])
      expect(JSON.parse(body)).toMatchObject({ error: 'temporarily_unavailable' })
    }
  })
})
