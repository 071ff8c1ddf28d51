import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { createLeaves, createRing, exportKeys, type Ring, readRing, writeRing } from '../../keys/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { createVerifier, remoteKeys } from '../../src/verifier/index.ts'
import { drive } from '../cases/login.mjs'
import { type Ended, ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { basic, secretHash, testKey } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { type FullAnswer, formOf, VERIFIER } from '../parties/person.ts'

const API = 'https://api.example.com'
const OTHER = 'https://other.example.com'
const REDIRECT = 'http://127.0.0.1:4999/callback'
const SETTINGS = `
[vars.RESOURCES."${API}"]
scopes = ["orders:read", "orders:write"]

[vars.RESOURCES."${OTHER}"]
scopes = ["orders:read"]

[vars.CLIENTS.billing]
secret_hash = "${secretHash('leaked')}"
grant_types = ["client_credentials"]
resources = ["${API}", "${OTHER}"]
scopes = ["orders:read"]

[vars.CLIENTS.app]
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["${REDIRECT}"]
resources = ["${API}"]
scopes = ["orders:read"]

[vars.CLIENTS.server]
kind = "resource_server"
secret_hash = "${secretHash('server')}"
resources = ["${API}", "${OTHER}"]

`

/** The commands of the docs, run as they stand there, at an issuer in workerd; a deploy starts it anew on what it remembers. */
describe('when something leaks, what the docs say', { timeout: 180_000 }, () => {
  let folder = ''
  let ring: Ring
  let [port, providerPort] = [0, 0]
  let live: LiveIssuer | undefined
  let provider: Server | undefined
  /** The provider's secret as the provider has it, and as the issuer does. */
  let [atProvider, secret] = ['provider-secret', 'provider-secret']

  const issuer = (): string => `http://localhost:${port}`
  const own = (text: string): string => text.replaceAll('https://auth.example.com', issuer())

  async function deploy(): Promise<void> {
    const config = join(folder, 'wrangler.toml')
    const { vars } = unstable_readConfig({ config }) as { vars: Record<string, unknown> }
    const { ISSUER: _, ...others } = vars
    const login = { type: 'openid', issuer: `http://localhost:${providerPort}`, client_id: 'bulla' }
    await live?.stop()
    live = await startIssuer(
      { ...others, LOGIN: login, LOGIN_CLIENT_SECRET: secret },
      { ring, port, memory: join(folder, 'memory') },
    )
  }

  /**
   * Runs a block of the docs; what it does at Cloudflare is done here.
   *
   * @param between what somebody else does after each command
   */
  async function runBlock(
    name: string,
    change: (text: string) => string = (text) => text,
    between: () => Promise<void> = async () => {},
  ): Promise<Ended[]> {
    const ended: Ended[] = []
    for (const command of change(own(blockOf(name)))
      .replaceAll('\\\n', ' ')
      .trim()
      .split('\n')) {
      const put = /^npx wrangler secret put (\w+) < (\S+)$/.exec(command)
      const file = put?.[2] === undefined ? '' : await readFile(join(folder, put[2]), 'utf8')
      if (put?.[1] === 'KEY_RING') {
        const reading = readRing(file)
        if (!reading.ok) throw new Error(reading.detail)
        ring = reading.ring
      }
      if (put?.[1] === 'LOGIN_CLIENT_SECRET') secret = file.trim()
      if (put !== null || command === 'npx wrangler deploy') await deploy()
      else {
        const line = command.replace('npm run -s bulla --', `node ${join(ROOT, 'src/cli/bulla.ts')}`)
        expect(line).not.toBe(command)
        ended.push(await run('bash', ['-ec', line], { cwd: folder }))
      }
      await between()
    }
    return ended
  }

  const post = (path: string, form: Record<string, string>, client?: readonly [string, string]): Promise<Response> =>
    fetch(issuer() + path, {
      method: 'POST',
      body: formOf(form),
      headers: client === undefined ? {} : { authorization: basic(...client) },
    })
  const readJson = async (answer: Promise<Response>) => (await answer).json() as Promise<FullAnswer>
  const mint = (clientSecret: string, resource = API) =>
    post('/token', { grant_type: 'client_credentials', resource }, ['billing', clientSecret])
  const isActive = async (token: string): Promise<unknown> =>
    ((await (await post('/introspect', { token }, ['server', 'server'])).json()) as { active: unknown }).active
  const refresh = (refresh_token = '') =>
    post('/token', { grant_type: 'refresh_token', client_id: 'app', refresh_token })

  async function approve(): Promise<FullAnswer> {
    const request = formOf({
      ...{ response_type: 'code', client_id: 'app', redirect_uri: REDIRECT, resource: API, scope: 'orders:read' },
      ...{ code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' },
    })
    const options = { hosts: [`localhost:${providerPort}`], fields: { login: 'carol' } }
    const { callback } = await drive(`${issuer()}/authorize?${request}`, REDIRECT, options)
    const code = new URL(callback ?? 'https://nowhere.example').searchParams.get('code') ?? ''
    return readJson(
      post('/token', { grant_type: 'authorization_code', client_id: 'app', code, code_verifier: VERIFIER }),
    )
  }

  /** A resource server with keys and revocations of the running issuer, or with these keys. */
  function serverOf(keys?: string) {
    const remote = remoteKeys({
      url: `${issuer()}/keys?resource=${encodeURIComponent(API)}`,
      clientId: 'server',
      clientSecret: 'server',
    })
    const { verify } = createVerifier({
      ...{ issuer: issuer(), resource: API, keys: keys ?? remote },
      revocations: { url: `${issuer()}/revocations` },
    })
    return async (token: string): Promise<string> => (await verify(token)).reason ?? 'ok'
  }

  async function startProvider(): Promise<void> {
    const client = { client_id: 'bulla', client_secret: atProvider, redirect_uris: [`${issuer()}/login/callback`] }
    const app = new Provider(`http://localhost:${providerPort}`, { clients: [client], pkce: { required: () => true } })
    provider?.closeAllConnections()
    await new Promise<unknown>((resolve) => (provider === undefined ? resolve(0) : provider.close(resolve)))
    const server = createServer(app.callback())
    provider = server
    await new Promise<void>((resolve) => server.listen(providerPort, 'localhost', resolve))
  }

  const passed = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bulla-leaks-'))
    ;[port, providerPort] = [await freePort(), await freePort()]
    ring = createRing({ now: Math.floor(Date.now() / 1000) - 5, key: testKey() })
    await writeFile(join(folder, 'ring.json'), writeRing(ring))
    expect(await runBlock('operator')).toMatchObject([{ code: 0 }])
    const [, operator] = (await readFile(join(folder, 'ops.secret'), 'utf8')).split('\n\n')
    const settings = `name = "auth"\n[vars]\nISSUER = "${issuer()}"\n${SETTINGS}\n${operator}`
    await writeFile(join(folder, 'wrangler.toml'), settings)
    await startProvider()
    await deploy()
  }, 120_000)
  afterAll(async () => {
    provider?.closeAllConnections()
    provider?.close()
    await live?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function change(find: string | RegExp, put: string): Promise<void> {
    const file = join(folder, 'wrangler.toml')
    const before = await readFile(file, 'utf8')
    const after = before.replace(find, () => put)
    expect(after).not.toBe(before)
    await writeFile(file, after)
  }

  // promise: O16
  it('of an API’s keys ends what is under them, and nothing else', async () => {
    const now = Math.floor(Date.now() / 1000)
    const { branches, enc, period, skew } = exportKeys(ring, { issuer: issuer(), resource: API, now })
    const leaves = createLeaves({ branches, enc, period, skew, longestLife: 600 })
    const forge = (at: number) =>
      sealDirect(
        {
          sub: 'carol',
          client_id: 'app',
          aud: API,
          scope: ['orders:read'],
          iat: at,
          exp: at + 600,
          jti: 'j',
          claims: {},
        },
        ...([issuer(), leaves, at] as const),
      )
    const verify = serverOf()
    const [person, other] = [await approve(), await readJson(mint('leaked', OTHER))]
    for (const token of [person.access_token, await forge(now)]) expect(await verify(token)).toBe('ok')

    const early = await runBlock('leak-api', (text) => text.replace('npx wrangler deploy\n', ''))
    expect(early).toMatchObject([{ code: 1, out: '', err: expect.stringContaining('nothing is revoked') }])

    await change(/\[vars\.RESOURCES\."https:\/\/api\.example\.com"\]\n.*\n/, blockOf('leak-api-settings'))
    expect(await runBlock('leak-api')).toMatchObject([{ code: 0, err: expect.stringContaining('is 2') }])
    await passed(20)
    const later = await forge(Math.floor(Date.now() / 1000))
    for (const token of [person.access_token, later])
      expect([await verify(token), await isActive(token)]).toEqual(['revoked', false])
    const refreshed = await readJson(refresh(person.refresh_token))
    // It asks for keys that it does not know once in 30 seconds.
    await expect.poll(() => verify(refreshed.access_token), { timeout: 30_000, interval: 2000 }).toBe('ok')
    expect(await isActive(other.access_token)).toBe(true)

    expect(await runBlock('leak-api-export')).toMatchObject([{ code: 0 }])
    const exported = serverOf(await readFile(join(folder, 'keys-2.json'), 'utf8'))
    expect([await exported(refreshed.access_token), await exported(later)]).toEqual(['ok', 'key'])
  })

  // promise: O17
  it('of a client’s secret ends what the thief has, and gives him nothing new', async () => {
    const [thief, person] = [await readJson(mint('leaked')), await approve()]
    // Revoked first, he has another token a moment later.
    const early = await runBlock('leak-client', (text) => text.replace('npx wrangler deploy\n', ''))
    expect(early).toMatchObject([{ code: 0 }])
    await passed(11)
    const again = await readJson(mint('leaked'))
    expect([await isActive(thief.access_token), await isActive(again.access_token)]).toEqual([false, true])

    expect(await runBlock('leak-client-new')).toMatchObject([{ code: 0 }])
    const made = JSON.parse(await readFile(join(folder, 'billing.json'), 'utf8'))
    await change(secretHash('leaked'), made.settings.secret_hash)
    const tried: number[] = []
    const thiefTries = async (): Promise<void> => {
      await passed(11)
      tried.push((await mint('leaked')).status)
    }
    expect(await runBlock('leak-client', undefined, thiefTries)).toMatchObject([{ code: 0 }])
    expect(tried).toEqual([401, 401])
    await passed(6)
    expect([await isActive(again.access_token), await isActive(person.access_token)]).toEqual([false, true])
    await passed(6)
    expect(await isActive((await readJson(mint(made.client_secret))).access_token)).toBe(true)
  })

  it('of a refresh token ends that approval alone', async () => {
    const [one, other] = [await approve(), await approve()]
    const told = (await (await post('/introspect', { token: one.access_token }, ['server', 'server'])).json()) as {
      gid: string
    }
    expect(await runBlock('leak-refresh', (text) => text.replace('GID', told.gid))).toMatchObject([{ code: 0 }])
    await passed(6)
    expect([(await refresh(one.refresh_token)).status, await isActive(one.access_token)]).toEqual([400, false])
    expect([(await refresh(other.refresh_token)).status, await isActive(other.access_token)]).toEqual([200, true])
  })

  it('of the provider’s secret ends nothing; logins go on with the new one', async () => {
    const before = await approve()
    atProvider = 'another-secret'
    await writeFile(join(folder, 'login.secret'), `${atProvider}\n`)
    await startProvider()
    expect((await approve()).access_token).toBeUndefined()
    await runBlock('leak-provider')
    expect(await isActive((await approve()).access_token)).toBe(true)
    expect([(await refresh(before.refresh_token)).status, await isActive(before.access_token)]).toEqual([200, true])
  })

  // promise: K05
  it('of the ring ends everything that was, and what comes after is good', async () => {
    const before = await approve()
    const verify = serverOf()
    expect(await verify(before.access_token)).toBe('ok')
    // A verifier asks for public keys that it does not know once in 30 seconds.
    await passed(30)
    const kid = ring.roots[0]?.kid ?? ''
    const ended = await runBlock('leak-ring', (text) => text.replaceAll('KID', kid))
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0])
    await passed(20)
    expect([await verify(before.access_token), await isActive(before.access_token)]).toEqual(['revoked', false])
    expect((await refresh(before.refresh_token)).status).toBe(400)
    const after = await approve()
    expect([await verify(after.access_token), (await refresh(after.refresh_token)).status]).toEqual(['ok', 200])
  })
})
