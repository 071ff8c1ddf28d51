import { evictAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createKeyring, writeRing } from '../../keys/index.ts'
import { createDurableObjectGuard, type GuardNamespace } from '../../src/stores/guard_on_workers.ts'
import { homeOf } from '../../src/token/home.ts'
import { createPurposeEnvelopes, type PurposeLives } from '../../src/token/purpose.ts'
import { ISSUER, testIssuer, testRing } from '../fixtures.ts'
import { createApp, createPerson, readAnswer } from '../parties/person.ts'

const namespace = env['GUARD'] as GuardNamespace
const options = { newId: () => crypto.randomUUID(), clock: () => Date.now() }
const now = Math.floor(Date.now() / 1000)
const later = now + 3600
let names = 0
/** Returns a name that no test used before. */
const fresh = (): string => `${Date.now()}${++names}`.padEnd(22, 'x')

/** Returns what an object remembers. */
const rememberedAt = (object: string, from = namespace): Promise<readonly string[]> =>
  runInDurableObject(from.getByName(object), (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>('SELECT id AS name FROM spent UNION SELECT gid FROM family UNION SELECT name FROM kept')
      .toArray()
      .map(({ name }) => name),
  )

/** Writes down each name in each way that a guard has. */
async function useAll(guard: ReturnType<typeof createDurableObjectGuard>, name: string): Promise<void> {
  expect(await guard.spend(`code ${name}`, later)).toBe('first')
  expect(await guard.spend(`logout ${name}`, later)).toBe('first')
  expect(await guard.leave(`provider ${name}`, 'an envelope', later)).toBe('first')
  await guard.end(name, later)
}
const usedOf = (name: string) => [name, `code ${name}`, `logout ${name}`, `provider ${name}`].sort()

/** Names, and where they have always lain. */
const PLACES = [
  ['code AAAAAAAAAAAAAAAAAAAAAA', 'guard-30'],
  ['login AAAAAAAAAAAAAAAAAAAAAA', 'guard-104'],
  ['login 17.AAAAAAAAAAAAAAAAAAAAAA', 'guard-234'],
  ['code code 17.AAAAAAAAAAAAAAAAAAAAAA', 'guard-37'],
  ['17.too-short', 'guard-118'],
] as const

describe('a name that says its home', () => {
  it.each(['0', '17', '4095'])('is remembered in the object of that home alone: %s', async (home) => {
    const name = `${home}.${fresh()}`
    await useAll(createDurableObjectGuard(namespace, options), name)
    const there = await rememberedAt(`home-${home}`)
    expect(there.filter((one) => one.endsWith(name)).sort()).toEqual(usedOf(name))
  })

  it('is spent once of a hundred callers at the same time, of two guards, with objects restarted in between', async () => {
    const guards = [createDurableObjectGuard(namespace, options), createDurableObjectGuard(namespace, options)]
    const name = `code 17.${fresh()}`
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => guards[index % 2]?.spend(name, later)))
    expect(answers.filter((answer) => answer === 'first')).toHaveLength(1)
    await evictAllDurableObjects()
    expect(await guards[0]?.spend(name, later)).toBe('spent')
  })

  it('lies by its hash where it says none, or only looks so, in the same object as ever', async () => {
    const guard = createDurableObjectGuard(namespace, options)
    // Frozen: a name that moved would be spent twice.
    for (const [name, object] of PLACES) {
      await guard.spend(name, later)
      expect([name, (await rememberedAt(object)).includes(name)]).toEqual([name, true])
    }
  })
})

describe('a region', () => {
  /** Objects in a jurisdiction, which workerd does not have: here they are others of the same namespace. */
  const asked: (readonly [jurisdiction: string, options: unknown])[] = []
  const within = (jurisdiction: string): GuardNamespace => ({
    getByName(name, more) {
      asked.push([jurisdiction, more])
      return namespace.getByName(jurisdiction === '' ? name : `${jurisdiction} ${name}`, more)
    },
  })
  const regions = {
    eu: { jurisdiction: 'eu' },
    oc: { locationHint: 'oc' },
    us: { jurisdiction: 'us', locationHint: 'enam' },
  }

  it('has homes of its own: in its jurisdiction, near where its hint says', async () => {
    const guard = createDurableObjectGuard({ ...within(''), jurisdiction: within }, { ...options, regions })
    for (const [region, object, more] of [
      ['eu', 'eu home-eu-3', ['eu', {}]],
      ['oc', 'home-oc-3', ['', { locationHint: 'oc' }]],
      ['us', 'us home-us-3', ['us', { locationHint: 'enam' }]],
    ] as const) {
      const name = `${region}-3.${fresh()}`
      asked.length = 0
      await useAll(guard, name)
      expect(new Set(asked.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(more)]))
      expect((await rememberedAt(object)).filter((one) => one.endsWith(name)).sort()).toEqual(usedOf(name))
    }
  })

  it('that nobody configured is asked for nothing: what is there cannot be told', async () => {
    const guard = createDurableObjectGuard(namespace, { ...options, regions: { oc: { locationHint: 'oc' } } })
    for (const region of ['eu', 'construc'])
      await expect(guard.spend(`code ${region}-3.${fresh()}`, later)).rejects.toThrow(RangeError)
    const none = createDurableObjectGuard({ getByName: (name) => namespace.getByName(name) }, { ...options, regions })
    await expect(none.spend(`code eu-3.${fresh()}`, later)).rejects.toThrow('without jurisdictions')
  })
})

describe('an issuer with homes on real Durable Objects', () => {
  const keyRing = testRing(now)
  const guard = createDurableObjectGuard(namespace, { ...options, regions: { oc: { locationHint: 'oc' } } })
  const issuerWith = (homes: NonNullable<Parameters<typeof testIssuer>[0]>['homes'] | undefined) => {
    const clock = () => Math.floor(Date.now() / 1000)
    const issuer = testIssuer({ keyRing: writeRing(keyRing), guard, now: clock, ...(homes && { homes }) })
    const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
    const code = async (): Promise<string> => (await createPerson(ask).answer('allow')).searchParams.get('code') ?? ''
    return { app: createApp(ask), code }
  }
  const factsOf = (code: string) =>
    createPurposeEnvelopes(createKeyring(keyRing, ISSUER), { code: 60 } as PurposeLives, now, {
      isOurs: () => true,
    }).open('code', code)

  it('redeems a code once of a hundred at the same time, and remembers it where the session began, near there', async () => {
    const { app, code } = issuerWith({ count: 9, regions: ['oc'], regionOf: () => 'oc' })
    const one = await code()
    const all = await Promise.all(Array.from({ length: 100 }, () => app.redeem(one)))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
    const { jti, gid, sid } = await factsOf(one)
    const home = homeOf(jti)?.text ?? ''
    expect(home).toMatch(/^oc-\d$/)
    const there = await rememberedAt(`home-${home}`)
    // The others ended what came of it.
    expect(there).toEqual(expect.arrayContaining([`code ${jti}`, gid]))
    expect(homeOf(String(sid))?.text).toBe(home)
  })

  it('lets a hundred codes be redeemed once each, whether homes are given, only read, or have become more', async () => {
    const versions = [issuerWith(undefined), issuerWith({ count: 2 }), issuerWith({ count: 64 })]
    const [reading, few, many] = versions as [(typeof versions)[0], (typeof versions)[0], (typeof versions)[0]]
    let redeemed = 0
    for (let turn = 0; turn < 100; turn++) {
      const one = await (turn % 2 === 0 ? reading : few).code()
      expect(one).not.toBe('')
      const answers = await Promise.all([reading, few, many].map(({ app }) => app.redeem(one)))
      redeemed += answers.filter(({ status }) => status === 200).length
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400])
    }
    expect(redeemed).toBe(100)
  })

  it('rotates a family in one place, and ends it there when an old one comes back, whoever reads it', async () => {
    const [reading, given] = [issuerWith(undefined), issuerWith({ count: 64 })]
    const first = await readAnswer(await given.app.redeem(await given.code()))
    const second = await readAnswer(await reading.app.refresh(first.refresh_token ?? ''))
    const third = await readAnswer(await given.app.refresh(second.refresh_token ?? ''))
    expect((await reading.app.refresh(first.refresh_token ?? '')).status).toBe(400)
    expect((await given.app.refresh(third.refresh_token ?? '')).status).toBe(400)
  })
})
