import { afterAll, describe, expect, it } from 'vitest'
import { decideStep, type Family } from '../../src/stores/family.ts'
import { explore, tell } from './explore.ts'
import { createHeld } from './held.ts'
import { createLoneFamily } from './lone_family.ts'
import { PROMISES, type Promised } from './promises.ts'
import { createProtocol, type Protocol } from './protocol.ts'
import { DESIGN, RULE, ruleOf, type Table } from './rule.ts'

/** Two processes that ask at any time, and a thief; a grace of a second and one use, by clocks that differ by up to two. */
const ANY: Protocol = {
  processes: 2,
  store: 'shared',
  holder: 'any',
  key: true,
  thief: true,
  endings: false,
  looks: false,
  unheard: false,
  grace: 1,
  uses: 1,
  clock: [0, 1, 2],
  skew: 0,
}
/** A holder to whom nothing is done, but that answers get lost. */
const HONEST: Protocol = { ...ANY, holder: 'patient', thief: false, unheard: true, grace: 2, uses: 2 }
const MORE = { endings: true, unheard: true }

const held = createHeld()

// promise: M01
describe('every interleaving keeps every promise, and is decided as decideStep does (RFC 9700 §4.14.2)', () => {
  const counts: string[] = []
  const note = (title: string, count: string) => counts.push(`${title}: ${count}`)
  afterAll(() => console.log(`${counts.join('\n')}\n${held.pairs()} pairs of a family and a step`))

  it('of a family alone, of which anybody shows any generation, with any key, clock, grace and number of uses', () => {
    const count = tell(explore(createLoneFamily(held.rule)))
    note('a family alone', count)
    expect(count).toBe('290 states, 166754 transitions, depth 7, whole')
  })

  it.each<[string, Protocol, string]>([
    [
      'one process and a thief, with a logout, a revocation and answers lost at the store',
      { ...ANY, ...MORE, processes: 1 },
      '6666 states, 97104 transitions, depth 16, whole',
    ],
    [
      'two processes and a thief, with all that',
      { ...ANY, ...MORE },
      '58936 states, 1038165 transitions, depth 24, whole',
    ],
    [
      'two processes that do not share their store, and a thief',
      { ...ANY, store: 'own' },
      '13706 states, 205282 transitions, depth 21, whole',
    ],
    [
      'three processes, without a thief',
      { ...ANY, processes: 3, thief: false },
      '8695 states, 52890 transitions, depth 26, whole',
    ],
    ['two uses, and a thief', { ...ANY, uses: 2, processes: 1 }, '3391 states, 42145 transitions, depth 19, whole'],
    ['no grace', { ...ANY, grace: 0 }, '4114 states, 60191 transitions, depth 15, whole'],
    [
      'a guard that is asked first, and a logout',
      { ...ANY, thief: false, endings: true, looks: true, isStrict: false },
      '8999 states, 49508 transitions, depth 26, whole',
    ],
    ['an honest holder with two processes', HONEST, '918 states, 2749 transitions, depth 21, whole'],
    [
      'an honest holder with three',
      { ...HONEST, processes: 3, uses: 3 },
      '2340 states, 9465 transitions, depth 24, whole',
    ],
    [
      'an honest holder, and machines whose clocks differ',
      { ...HONEST, grace: 3, skew: 1 },
      '1224 states, 6097 transitions, depth 22, whole',
    ],
  ])('%s', (title, protocol, expected) => {
    const count = tell(explore(createProtocol(protocol, held.rule)))
    note(title, count)
    expect(count).toBe(expected)
  })
})

describe('what is not promised is found, and by which way', () => {
  const wayOf = (protocol: Protocol) => explore(createProtocol(protocol, RULE)).broken

  // promise: M03
  it('processes that keep a refresh token each lose the family: the second one comes with what is old', () => {
    expect(wayOf({ ...HONEST, store: 'own', key: false })).toEqual({
      promise: PROMISES.honest,
      path: [
        '0 asks with 0',
        'the guard decides for 0 at 0: next',
        '0 hears 1',
        'the access token runs out',
        '0 asks with 1',
        'the guard decides for 0 at 0: next',
        '1 asks with 0',
        'the guard decides for 1 at 0: end',
      ],
    })
  })

  // promise: M04
  it('where a guard is asked first, who was asked for before a logout is given something after it, once', () => {
    expect(wayOf({ ...ANY, processes: 1, endings: true, looks: true })).toEqual({
      promise: PROMISES.revoked,
      path: [
        '0 asks with 0',
        'the guard is asked first for 0',
        'the person logs out',
        'the guard decides for 0 at 0: next',
      ],
    })
  })
})

describe('a rule that is wrong breaks a promise', () => {
  const stranger = { ...DESIGN.entries, before: { ...DESIGN.entries.before, stranger: 'by the grace' } } as const
  const within = (seconds: number): Table['isTimely'] => {
    return ({ born }, { now, grace }) => grace !== 0 && Math.abs(now - born) <= grace + seconds
  }
  const cases: readonly [string, Partial<Table>, Promised][] = [
    ['a grace that is a second too short', { isTimely: within(-1) }, 'again'],
    ['a grace that is a second too long', { isTimely: within(1) }, 'late'],
    [
      'a grace that lasts for ever once a clock was set back',
      { isTimely: (b, s) => s.grace > 0 && s.now <= b.born + s.grace },
      'late',
    ],
    ['a key that is asked of the newest alone', { entries: stranger }, 'bound'],
    [
      'a family that is bound and goes on without its key',
      { whoIs: (b, { key }) => (key === b.key || key === '' ? 'its own' : b.key === '' ? 'first key' : 'stranger') },
      'bound',
    ],
    ['a key that binds nobody', { whoIs: () => 'its own' }, 'bound'],
    ['uses that are never counted anew', { returnsOfTheNext: 'as before' }, 'uses'],
    [
      'uses without a limit',
      { grace: { ...DESIGN.grace, timely: { 'uses left': 'again', 'none left': 'again' } } },
      'uses',
    ],
    [
      'too many uses that end the family',
      { grace: { ...DESIGN.grace, timely: { 'uses left': 'again', 'none left': 'end' } } },
      'enough',
    ],
    ['an end that the next one takes back', { ends: 'until it is shown' }, 'over'],
    ['an older generation that goes on', { entries: { ...DESIGN.entries, older: DESIGN.entries.newest } }, 'older'],
    ['a successor that is born twice', { entries: { ...DESIGN.entries, before: DESIGN.entries.newest } }, 'once'],
    ['no grace', { isTimely: () => false }, 'again'],
  ]

  it.each(cases)('%s', (_, change, promise) => {
    const rule = ruleOf({ ...DESIGN, ...change })
    const ways = [ANY, { ...ANY, endings: true, processes: 1 }].map((one) => explore(createProtocol(one, rule)).broken)
    expect(ways.map((way) => way?.promise)).toContain(PROMISES[promise])
    // Nobody shows that in the protocol: the guard must have forgotten something.
    expect(explore(createLoneFamily(rule)).broken).toBeDefined()
  })

  it('a generation that was never given, and goes on, by a family alone', () => {
    const rule = ruleOf({ ...DESIGN, entries: { ...DESIGN.entries, ahead: DESIGN.entries.newest } })
    expect(explore(createLoneFamily(rule)).broken).toEqual({ promise: PROMISES.older, path: [expect.any(String)] })
  })

  // promise: M07
  it('an honest holder loses the family by a grace that is too short, and by uses that are never counted anew', () => {
    const wayOf = (change: Partial<Table>) => explore(createProtocol(HONEST, ruleOf({ ...DESIGN, ...change }))).broken
    expect(wayOf({ isTimely: within(-1) })?.promise).toBe(PROMISES.again)
    expect(wayOf({ returnsOfTheNext: 'as before' })?.promise).toBe(PROMISES.uses)
  })
})

describe('code that differs from the model is found', () => {
  const wrong: readonly [string, typeof decideStep][] = [
    ['a grace off by one', (family, step) => decideStep(family, { ...step, grace: step.grace - 1 })],
    [
      'a bound family that goes on without its key',
      (family, step) => decideStep(family, { ...step, bound: step.bound ?? family.bound }),
    ],
    [
      'uses that stay',
      (family, step) => {
        const decided = decideStep(family, step)
        return { ...decided, family: { ...decided.family, uses: Math.max(decided.family.uses, family.uses) } }
      },
    ],
    ['an end that is forgotten', (family, step) => decideStep({ ...family, ended: false }, step)],
    ['a generation ahead that goes on', (family, step) => decideStep(aheadOf(family, step.generation), step)],
  ]
  const aheadOf = (family: Family, generation: number): Family =>
    generation > family.generation ? { ...family, generation } : family

  it.each(wrong)('%s', (_, decide) => {
    expect(() => explore(createLoneFamily(createHeld(decide).rule))).toThrow('the model says')
  })
})

it('a family of a thousand generations is decided as one of three: none is told apart but the newest and the one before', () => {
  const seen = new Map<string, string>()
  for (const down of [0, 1000]) {
    const rule: typeof RULE = (branch, showing) => {
      const more = { newest: branch.newest + down, generation: showing.generation + down }
      const family: Family = {
        generation: more.newest,
        since: branch.born,
        ended: branch.isOver,
        bound: branch.key,
        uses: branch.returns,
      }
      const { key, now, grace, uses } = showing
      const decided = decideStep(family, {
        gid: '',
        generation: more.generation,
        now,
        grace,
        graceUses: uses,
        bound: key,
        expiresAt: 0,
      })
      const counted = { ...decided.family, generation: decided.family.generation - down }
      const [pair, said] = [JSON.stringify([branch, showing]), JSON.stringify([counted, decided.advance.outcome])]
      expect(seen.get(pair) ?? said).toBe(said)
      seen.set(pair, said)
      return RULE(branch, showing)
    }
    explore(createProtocol({ ...ANY, processes: 1 }, rule))
  }
  expect(seen.size).toBeGreaterThan(100)
})
