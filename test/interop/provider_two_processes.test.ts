import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, type TestContext } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { basic, secretHash, testKey } from '../fixtures.ts'
import { startCuttingProxy } from '../parties/cutting_proxy.ts'
import { freePort } from '../parties/live_issuer.ts'
import { authorizeUrl, type FullAnswer, VERIFIER } from '../parties/person.ts'
import { endProcess } from '../parties/processes.ts'
import { APP_CALLBACK, APP_SECRET, apiOf, askApi } from '../parties/providers/house.ts'
import { HOUR, startOpenidServer } from '../parties/providers/openid_server.ts'
import { CLIENT_SECRET, mostSeen } from '../parties/providers/provider_party.ts'
import { startRedis } from '../parties/redis_server.ts'
import { askPort, folderOf, type ServeProcess, startServe } from '../parties/serve_process.ts'
import { startPostgresWithTables } from '../parties/sql_database.ts'
import { createVisitor } from '../parties/visitor.ts'

const API = apiOf('openid')

/** Seconds that leave too little for whoever comes next: each refresh of ours is one at the provider. */
const SHORT = 30

/** What each envelope begins with that lies at a guard. */
const ENVELOPE = 'eyJ'

const now = (): number => Math.floor(Date.now() / 1000)

const settingsOf = (issuer: string, provider: string): string => `
[vars]
ISSUER = "${issuer}"

[vars.RESOURCES."${API}"]
scopes = ["read"]
provider_token = "openid"

[vars.CLIENTS.app]
secret_hash = "${secretHash(APP_SECRET)}"
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["${APP_CALLBACK}"]
resources = ["${API}"]
scopes = ["read"]

[vars.LOGIN.openid]
type = "openid"
label = "OpenID provider"
client_id = "bulla"
issuer = "${provider}"
scope = "openid profile"
`

/** Asks by a connection of its own: one that is kept may be closed there while somebody here asks by it. */
async function askAnew(request: Request): Promise<Response> {
  const { host, port, pathname, search } = new URL(request.url)
  const form = Object.fromEntries(new URLSearchParams(await request.text()))
  const sent = { headers: { ...Object.fromEntries(request.headers), host }, ...(request.method === 'POST' && { form }) }
  const { status, headers, text } = await askPort(Number(port), pathname + search, sent)
  const answer = new Response(text, { status })
  for (const [name, values = []] of Object.entries(headers))
    for (const value of [values].flat()) answer.headers.append(name, value)
  return answer
}

/** Starts a store, with its tables where it has any. */
function startStore(name: 'Redis' | 'PostgreSQL') {
  return name === 'Redis' ? startRedis() : startPostgresWithTables()
}

/** Two processes of `bulla serve` before one store, to which each has a wire of its own; and a provider whose refresh tokens rotate. */
async function startAll(name: 'Redis' | 'PostgreSQL', { onTestFinished }: TestContext) {
  const ports = [await freePort(), await freePort()] as const
  const issuer = `http://127.0.0.1:${ports[0]}`
  const provider = await startOpenidServer({ callbacks: [`${issuer}/login/callback/openid`], refresh: 'rotating' })
  const store = await startStore(name)
  const wires = [await startCuttingProxy(store.port), await startCuttingProxy(store.port)] as const
  const ring = createRing({ now: now() - 5, skew: 1, key: testKey() })
  const folder = folderOf(settingsOf(issuer, provider.url))
  writeFileSync(join(folder, 'ring.json'), writeRing(ring))
  const start = (index: 0 | 1): Promise<ServeProcess> => {
    const GUARD_URL = store.url.replace(`:${store.port}`, `:${wires[index].port}`)
    return startServe(folder, { port: ports[index], env: { GUARD_URL, LOGIN_CLIENT_SECRET_OPENID: CLIENT_SECRET } })
  }
  const processes = await Promise.all([start(0), start(1)])
  onTestFinished(async () => {
    for (const { process } of processes) await endProcess(process, 'SIGKILL')
    for (const wire of wires) await wire.stop()
    await Promise.all([store.stop(), provider.stop()])
  })

  /** Asks the token endpoint of a process, as a proxy before both does; nothing comes back from one that is killed. */
  async function token(index: number, form: Readonly<Record<string, string>>) {
    const headers = { host: new URL(issuer).host, authorization: basic('app', APP_SECRET) }
    const { status, text } = await askPort(ports[index] ?? 0, '/token', { headers, form })
    return { status, body: JSON.parse(text) as FullAnswer & { readonly error?: string } }
  }
  return {
    ...{ provider, processes, wires },
    async restart() {
      wires[0].release()
      processes[0] = await start(0)
    },
    refresh: (index: number, { refresh_token = '' }: FullAnswer) =>
      token(index, { grant_type: 'refresh_token', refresh_token }),
    async login(person: string): Promise<FullAnswer> {
      const asked = { client_id: 'app', redirect_uri: APP_CALLBACK, resource: API }
      const { url } = await createVisitor({ name: person, ask: askAnew }).visit(authorizeUrl(asked, issuer), (next) =>
        next.href.startsWith(APP_CALLBACK) ? undefined : next,
      )
      const code = url.searchParams.get('code') ?? ''
      const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: APP_CALLBACK }
      return (await token(1, form)).body
    },
    /** Returns for whom the API acts at the provider. */
    actedFor: async ({ access_token }: FullAnswer) =>
      (await askApi({ issuer, ring, resource: API, party: provider, accessToken: access_token, now: now() }))?.actedFor,
  }
}

it.concurrent.for(['Redis', 'PostgreSQL'] as const)(
  // promise: Y04
  'of two processes on %s one is killed between the answer of a provider and the guard: that one login ends, a hundred refresh at once, and the provider sees each refresh token once',
  { timeout: 240_000 },
  async (name, context) => {
    // Each ends what it started by its own context: of two that run at once nobody else knows whose it is.
    const all = await startAll(name, context)
    const { provider, processes, wires } = all
    provider.live(SHORT)
    const [alice, bob, carol] = [await all.login('alice'), await all.login('bob'), await all.login('carol')]
    provider.live(HOUR)

    // One process has asked for alice, and the provider has decided: her refresh token is used up.
    let answer: (() => void) | undefined
    const isAsked = new Promise<void>((asked) => {
      provider.before = () =>
        new Promise((resolve) => {
          provider.before = undefined
          answer = resolve
          asked()
        })
    })
    async function askFirst(): ReturnType<typeof answeredBy> {
      const answered = await all.refresh(0, alice).catch(() => undefined)
      return answered?.status === 503 && answer === undefined ? askFirst() : answered
    }
    const first = askFirst()
    await isAsked
    /** Asks as a client does that is told to come again; for alice nobody does yet. */
    async function answeredBy(
      index: number,
      person: FullAnswer,
    ): Promise<Awaited<ReturnType<typeof all.refresh>> | undefined> {
      const answered = await all.refresh(index, person).catch(() => undefined)
      return answered?.status === 503 && person !== alice ? answeredBy(index, person) : answered
    }
    const others = Array.from({ length: 99 }, (_, index) => {
      const person = [alice, bob, carol][index % 3] as FullAnswer
      return { person, answered: answeredBy(index % 2, person) }
    })
    const answersOf = (person: FullAnswer) =>
      Promise.all(others.filter((one) => one.person === person).map(({ answered }) => answered))
    for (const [person, is] of [
      [bob, 'bob'],
      [carol, 'carol'],
    ] as const) {
      const answers = await answersOf(person)
      expect(answers.map((one) => one?.status)).toEqual(answers.map(() => 200))
      expect(await all.actedFor(answers[0]?.body as FullAnswer)).toBe(is)
    }

    // What it brings begins to be put down, gets no further, and there is nobody any more to try again.
    const isPutDown = wires[0].holdAt(ENVELOPE)
    answer?.()
    await isPutDown
    await endProcess(processes[0].process, 'SIGKILL')
    // Whoever was not killed, or had waited for long before, is told to come again.
    for (const one of [await first, ...(await answersOf(alice))]) expect([undefined, 503]).toContain(one?.status)
    expect(mostSeen(provider)).toBe(1)
    for (const person of [bob, carol]) expect((await answeredBy(1, person))?.status).toBe(200)

    // Another asks when the lease is over by every clock; who has used the token up the provider cannot know.
    await expect
      .poll(async () => (await all.refresh(1, alice)).body.error, { timeout: 120_000, interval: 500 })
      .toBe('invalid_grant')
    expect([...provider.seen.values()].filter((times) => times > 1)).toEqual([2])
    await all.restart()
    expect(await all.actedFor(await all.login('alice'))).toBe('alice')
    for (const person of [bob, carol])
      for (const index of [0, 1]) expect((await answeredBy(index, person))?.status).toBe(200)
    expect([...provider.seen.values()].filter((times) => times > 1)).toEqual([2])
  },
)
