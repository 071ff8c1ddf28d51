import { afterAll, describe, expect, it } from 'vitest'
import { type Asker, CODE_PROMISES, CODE_RULE, type CodeProtocol, type CodeRule, createCode } from './code.ts'
import { explore, tell } from './explore.ts'

const [GOOD, WRONG] = [{ isRight: true }, { isRight: false }]
const by = (assertion: string, isRight = true): Asker => ({ isRight, assertion })
const ALL = { logout: true, unheard: true, goesOn: true }

const PUBLIC: CodeProtocol = { askers: [GOOD, GOOD, GOOD, WRONG], ...ALL }
/** Two with the same assertion, as who asks again sends it, one with another, and one without the verifier. */
const KEYED: CodeProtocol = { askers: [by('a'), by('a'), by('b'), by('c', false)], ...ALL, isStrict: false }

// promise: M02
describe('every interleaving of requests with a code keeps every promise (RFC 6749 §4.1.2, OAuth 2.1 §7.5.2)', () => {
  const counts: string[] = []
  afterAll(() => console.log(counts.join('\n')))

  it.each<[string, CodeProtocol, string]>([
    ['a public client and a thief, four requests', PUBLIC, '1110 states, 3571 transitions, depth 10, whole'],
    ['a client with assertions, four requests', KEYED, '2862 states, 11443 transitions, depth 14, whole'],
  ])('%s', (title, protocol, expected) => {
    const count = tell(explore(createCode(protocol)))
    counts.push(`${title}: ${count}`)
    expect(count).toBe(expected)
  })
})

it('who was asked for before a logout is given something after it, where a proof comes first: once, and nothing goes on', () => {
  const { broken } = explore(createCode({ ...ALL, askers: [by('a')] }))
  expect(broken).toEqual({
    promise: CODE_PROMISES.ended,
    path: ['0 asks', 'look for 0', 'proof for 0', 'the person logs out', 'spend for 0'],
  })
})

describe('a rule that is wrong breaks a promise', () => {
  it.each<[string, CodeProtocol, Partial<CodeRule>, keyof typeof CODE_PROMISES]>([
    ['a code that is spent twice', PUBLIC, { spendsOnce: false }, 'once'],
    ['a replay that ends nothing', PUBLIC, { endsReplayed: false }, 'replayed'],
    ['a verifier that is checked last', PUBLIC, { checksVerifierFirst: false }, 'wrong'],
    ['an end that is asked before, and not at once', PUBLIC, { asksAtOnce: false }, 'ended'],
    ['an assertion that is spent after the code', KEYED, { proofFirst: false }, 'assertion'],
    ['a store that forgets whose attempt it was', KEYED, { knowsAttempts: false }, 'good'],
  ])('%s', (_, protocol, change, promise) => {
    expect(explore(createCode(protocol, { ...CODE_RULE, ...change })).broken?.promise).toBe(CODE_PROMISES[promise])
  })
})
