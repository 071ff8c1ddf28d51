import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeyring, type Ring, rotateRing, writeRing } from '../../keys/index.ts'
import { createMemoryGuard, type Issuer } from '../../src/index.ts'
import { API, ISSUER, NOW, openEntitlement, testIssuer, testKey, testRing, VARS } from '../fixtures.ts'
import { createProver, withProofs } from '../parties/dpop.ts'
import {
  type Ask,
  createApp,
  createPerson,
  type FullAnswer,
  hiddenField,
  type Person,
  pushedBy,
  REQUESTS,
  readAnswer,
  VERIFIER,
} from '../parties/person.ts'

const GRACE = 30
const GRACE_USES = 1
const APPROVAL_LIFE = 2_592_000
const IDLE_LIFE = 604_800
const PEOPLE = ['alice', 'bob'] as const
const CLIENTS = ['pub', 'web'] as const
type Who = (typeof PEOPLE)[number]
type Client = (typeof CLIENTS)[number]
/** Which key a request proves: whoever stole a token has one of his own. */
type Key = 'none' | 'owner' | 'thief'
const PROVERS = { owner: await createProver(), thief: await createProver() }

/** What came of one approval, as the rules have it. */
interface Family {
  readonly who: Who
  readonly client: Client
  readonly session: number
  readonly grantEnd: number
  ended: boolean
  generation: number
  since: number
  /** What the current generation is bound to. */
  bound: Key
  /** How often the generation before came again. */
  uses: number
}
interface Code {
  readonly family: Family
  readonly exp: number
  used: boolean
}
interface Refresh {
  readonly family: Family
  readonly generation: number
  readonly bound: Key
  readonly exp: number
}

/** What should be the case. */
interface Model {
  now: number
  /** The number of each person's session; none when logged out. */
  readonly sessions: Record<Who, { number: number; seen: number; start: number } | undefined>
  readonly endedSessions: Set<number>
  readonly loggedOut: Set<Who>
  sessionCount: number
  readonly codes: Code[]
  readonly tokens: Refresh[]
}

/** The issuer, as it really is. */
class Real {
  now = NOW
  ring: Ring = testRing(NOW)
  readonly guard = createMemoryGuard(() => this.now)
  issuer: Issuer = this.start()
  readonly people: Record<Who, Person> = { alice: this.person('alice'), bob: this.person('bob') }
  readonly codes: string[] = []
  readonly tokens: string[] = []
  keys = 0
  readonly asks: Readonly<Record<Key, Ask>> = {
    none: (request) => this.ask(request),
    owner: withProofs(
      (request) => this.ask(request),
      PROVERS.owner,
      () => this.now,
    ),
    thief: withProofs(
      (request) => this.ask(request),
      PROVERS.thief,
      () => this.now,
    ),
  }

  /** Starts an issuer with the ring of now, and the guard that there always was. */
  start(): Issuer {
    const pub = { ...VARS.CLIENTS.pub, refresh_token_grace_uses: GRACE_USES }
    const clients = { ...VARS.CLIENTS, pub }
    return testIssuer({ now: () => this.now, guard: this.guard, keyRing: writeRing(this.ring), clients })
  }
  /** Rotates the ring, if it is not too early, and restarts the issuer. */
  rotate(): void {
    const rotation = rotateRing(this.ring, { now: this.now, key: testKey(++this.keys) })
    if (rotation.ok) this.ring = rotation.ring
    this.issuer = this.start()
  }
  ask(request: Request): Response | Promise<Response> {
    return this.issuer.fetch(request)
  }
  person(name: Who): Person {
    return createPerson((request) => this.ask(request), { name, now: () => this.now })
  }
  app(client: Client, key: Key = 'none') {
    return createApp(this.asks[key], { client })
  }
}

/** Checks what must hold of every token answer: scope, resource, client, person, key, end (invariants 4 and 5). */
async function checkTokens(real: Real, answer: FullAnswer, family: Family, key: Key): Promise<void> {
  const leaves = createKeyring(real.ring, ISSUER).leavesFor('access', API, 'A256GCM', 600)
  const expected = {
    issuer: ISSUER,
    resource: API,
    now: real.now,
    clockTolerance: 0,
    longestLife: 600,
    anonymous: false,
  }
  const entitlement = await openEntitlement(answer.access_token, leaves, expected)
  expect(entitlement).toMatchObject({ sub: family.who, client_id: family.client, aud: API, scope: ['read'] })
  expect(entitlement.cnf?.jkt).toBe(key === 'none' ? undefined : PROVERS[key].jkt)
  expect(entitlement.exp).toBeLessThanOrEqual(family.grantEnd)
  expect(entitlement.exp).toBe(Math.min(real.now + 600, family.grantEnd))
}

/** Tells whether the cookie of a session has not ended. */
function isOpen({ now }: Model, { start }: { readonly start: number }): boolean {
  return now < start + 43_200
}

function isLoggedIn(model: Model, who: Who): boolean {
  const session = model.sessions[who]
  return session !== undefined && model.now < session.start + 43_200 && model.now - session.seen <= 7200
}

class Approve implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly who: Who,
    readonly client: Client,
    readonly isPushed: boolean,
  ) {}
  check = () => true
  toString = () => `${this.who} lets ${this.client} in${this.isPushed ? ' by a pushed request' : ''}`
  async run(model: Model, real: Real): Promise<void> {
    if (!isLoggedIn(model, this.who)) {
      // Whoever logs in again in this browser goes on in the same session; after logging out it has no name to go on under.
      const before = model.sessions[this.who]
      const isSame = before !== undefined && (!model.loggedOut.has(this.who) || isOpen(model, before))
      const number = isSame ? before.number : ++model.sessionCount
      model.sessions[this.who] = { number, seen: model.now, start: model.now }
    }
    const session = model.sessions[this.who]
    if (session === undefined) throw new Error('nobody is there')
    // A visit is noted once a minute.
    if (model.now - session.seen >= 60) session.seen = model.now
    const request = { ...REQUESTS[this.client], scope: 'read' }
    const visit = this.isPushed ? await pushedBy(this.client, await real.app(this.client).push(request)) : request
    const answer = await real.people[this.who].answer('allow', visit)
    const code = answer.searchParams.get('code')
    expect([answer.searchParams.get('iss'), code]).toEqual([ISSUER, expect.any(String)])
    real.codes.push(code ?? '')
    const family = {
      who: this.who,
      client: this.client,
      session: session.number,
      grantEnd: model.now + APPROVAL_LIFE,
      ended: false,
      generation: 0,
      since: 0,
      bound: 'none' as Key,
      uses: 0,
    }
    model.codes.push({ family, exp: model.now + 60, used: false })
  }
}

class Redeem implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly index: number,
    readonly how: 'well' | 'with another verifier' | 'by another client',
    readonly key: Key,
  ) {}
  check = (model: Readonly<Model>) => model.codes.length > 0
  toString = () => `redeem code ${this.index} ${this.how} (key: ${this.key})`
  async run(model: Model, real: Real): Promise<void> {
    const at = model.codes.length - 1 - (this.index % model.codes.length)
    const code = model.codes[at] as Code
    const { family } = code
    const client = this.how === 'by another client' ? (family.client === 'pub' ? 'web' : 'pub') : family.client
    const verifier = this.how === 'with another verifier' ? 'x'.repeat(43) : VERIFIER
    const response = await real.app(client, this.key).redeem(real.codes[at] ?? '', { code_verifier: verifier })
    const isAlive = !family.ended && !model.endedSessions.has(family.session)
    const isGood = this.how === 'well' && model.now < code.exp && isAlive
    expect([response.status, code.used]).toEqual([isGood && !code.used ? 200 : 400, code.used])
    if (isGood && code.used) family.ended = true
    if (!isGood || code.used) return
    code.used = true
    const answer = await readAnswer(response)
    await checkTokens(real, answer, family, this.key)
    this.keep(model, real, answer, family)
  }
  keep(model: Model, real: Real, answer: FullAnswer, family: Family): void {
    real.tokens.push(answer.refresh_token ?? '')
    const bound = family.client === 'pub' ? this.key : 'none'
    const isIdling = family.client === 'pub' && bound === 'none'
    const exp = isIdling ? Math.min(model.now + IDLE_LIFE, family.grantEnd) : family.grantEnd
    model.tokens.push({ family, generation: 0, bound, exp })
  }
}

class RefreshOne implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly index: number,
    readonly isForeign: boolean,
    readonly key: Key,
  ) {}
  check = (model: Readonly<Model>) => model.tokens.length > 0
  toString = () => `refresh ${this.index}${this.isForeign ? ' by another client' : ''} (key: ${this.key})`
  async run(model: Model, real: Real): Promise<void> {
    const at = model.tokens.length - 1 - (this.index % model.tokens.length)
    const { family, generation, bound, exp } = model.tokens[at] as Refresh
    const client = this.isForeign ? (family.client === 'pub' ? 'web' : 'pub') : family.client
    const response = await real.app(client, this.key).refresh(real.tokens[at] ?? '')
    const isRefused = this.isForeign || model.now >= exp || family.grantEnd - model.now < 60
    const isWithoutKey = bound !== 'none' && bound !== this.key
    const expected = isRefused || isWithoutKey ? undefined : this.step(model, family, generation, bound)
    expect(response.status).toBe(expected === undefined ? 400 : 200)
    if (expected === undefined) return
    const answer = await readAnswer(response)
    await checkTokens(real, answer, family, this.key)
    // What does not rotate is told again as it is.
    const isSame = family.client === 'web' || bound !== 'none'
    expect(answer.refresh_token === real.tokens[at]).toBe(isSame)
    if (isSame || answer.refresh_token === undefined) return
    real.tokens.push(answer.refresh_token)
    const idle = this.key === 'none' ? Math.min(model.now + IDLE_LIFE, family.grantEnd) : family.grantEnd
    model.tokens.push({ family, generation: expected, bound: this.key, exp: idle })
  }
  /** Returns the generation that comes next, or nothing when there is none to be had; by the rule of design §5. */
  step(model: Model, family: Family, generation: number, bound: Key): number | undefined {
    if (model.endedSessions.has(family.session)) return undefined
    if (family.ended) return undefined
    if (family.client === 'web' || bound !== 'none') return 0
    if (generation === family.generation) {
      family.generation++
      family.since = model.now
      family.bound = this.key
      family.uses = 0
      return family.generation
    }
    const isRetry = generation === family.generation - 1 && model.now <= family.since + GRACE
    if (isRetry && family.bound === this.key) return family.uses++ < GRACE_USES ? family.generation : undefined
    family.ended = true
    return undefined
  }
}

/** The same refresh token several times: lost answers, tabs, or a thief who tries. */
class RefreshAgain implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly index: number,
    readonly key: Key,
  ) {}
  check = (model: Readonly<Model>) => model.tokens.length > 0
  toString = () => `refresh ${this.index} three times (key: ${this.key})`
  async run(model: Model, real: Real): Promise<void> {
    const at = model.tokens.length - 1 - (this.index % model.tokens.length)
    for (let times = 0; times < 3; times++)
      await new RefreshOne(model.tokens.length - 1 - at, false, this.key).run(model, real)
  }
}

class LogOut implements fc.AsyncCommand<Model, Real> {
  constructor(readonly who: Who) {}
  check = () => true
  toString = () => `${this.who} logs out`
  async run(model: Model, real: Real): Promise<void> {
    const { browser } = real.people[this.who]
    const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
    // Also a session without a visit for too long can be ended: refresh tokens hang on it.
    const session = model.sessions[this.who]
    expect(token !== '').toBe(session !== undefined && isOpen(model, session))
    if (token === '') return
    expect((await browser.post(`${ISSUER}/logout`, { token })).status).toBe(200)
    model.endedSessions.add(session?.number ?? -1)
    model.loggedOut.add(this.who)
    model.sessions[this.who] = undefined
  }
}

class Wait implements fc.AsyncCommand<Model, Real> {
  constructor(readonly seconds: number) {}
  check = () => true
  toString = () => `wait ${this.seconds} s`
  async run(model: Model, real: Real): Promise<void> {
    // An operator does not let the last root end.
    if (real.ring.roots.every(({ end }) => end < real.now + 3_000_000)) real.rotate()
    model.now += this.seconds
    real.now += this.seconds
  }
}

class Rotate implements fc.AsyncCommand<Model, Real> {
  check = () => true
  toString = () => 'rotate the ring, and restart the issuer'
  async run(_: Model, real: Real): Promise<void> {
    real.rotate()
  }
}

/** Mostly the latest: that is where things happen. */
const index = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 1 }) }, { weight: 1, arbitrary: fc.nat({ max: 8 }) })
const key = fc.constantFrom<Key>('none', 'none', 'none', 'owner', 'thief')
const refresh = fc
  .tuple(index, fc.constantFrom(false, false, false, false, false, true), key)
  .map(([at, isForeign, by]) => new RefreshOne(at, isForeign, by))
const wait = fc
  .constantFrom(1, 29, 31, 45, 61, 61, 340, 7300, 86_400, 700_000, 2_591_600)
  .map((seconds) => new Wait(seconds))
const commands = [
  fc
    .tuple(fc.constantFrom(...PEOPLE), fc.constantFrom('pub', ...CLIENTS), fc.boolean())
    .map(([who, client, isPushed]) => new Approve(who, client, isPushed)),
  fc
    .tuple(index, fc.constantFrom('well', 'well', 'well', 'well', 'with another verifier', 'by another client'), key)
    .map(([at, how, by]) => new Redeem(at, how as 'well', by)),
  // Refreshing is where there is most to go wrong.
  ...[refresh, refresh, refresh, wait, wait],
  fc.tuple(index, key).map(([at, by]) => new RefreshAgain(at, by)),
  fc.constantFrom(...PEOPLE).map((who) => new LogOut(who)),
  fc.constant(new Rotate()),
]

// promise: I02
it('login, consent, code, refresh, keys, thieves, replay, logout, rotation and clock keep their promises in any order (d.2)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async (plan) => {
      const setUp = () => ({
        model: {
          now: NOW,
          sessions: { alice: undefined, bob: undefined },
          endedSessions: new Set<number>(),
          loggedOut: new Set<Who>(),
          sessionCount: 0,
          codes: [],
          tokens: [],
        } as Model,
        real: new Real(),
      })
      await fc.asyncModelRun(setUp, plan)
    }),
    { numRuns: 400 },
  )
}, 120_000)
