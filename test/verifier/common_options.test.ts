import { describe, expect, it } from 'vitest'
import { COMMON_OPTIONS, type CommonOptions, checkOptions } from '../../src/verifier/common_options.ts'
import type { Problem } from '../../src/verifier/problem.ts'
import { API, ISSUER, NOW } from '../ring.ts'

const needed = { issuer: ISSUER, resource: API }
const METADATA = 'https://api1.example/.well-known/oauth-protected-resource'

describe('the options that all verifiers share', () => {
  it('mean, where they are left out, that little is let in, and nothing kept', () => {
    const { now, tell, ...others } = checkOptions(needed)
    expect(others).toStrictEqual({
      ...needed,
      clockTolerance: 10,
      longestLife: 86_400,
      anonymous: false,
      keep: 0,
    })
    const clock = Date.now() / 1000
    expect(Number.isInteger(now())).toBe(true)
    expect(Math.abs(now() - clock)).toBeLessThan(60)
    expect(tell).toBeTypeOf('function')
  })

  it('are taken as they are told', () => {
    const told: Problem[] = []
    const options = {
      ...needed,
      resourceMetadata: METADATA,
      clockTolerance: 0,
      longestLife: 1,
      anonymous: true,
      keep: 7,
      now: () => NOW,
    }
    const { tell, ...others } = checkOptions({ ...options, onProblem: (problem) => told.push(problem) })
    expect(others).toStrictEqual(options)
    const problem: Problem = { reason: 'scope', detail: 'x' }
    tell(problem)
    expect(told).toEqual([problem])
    const names = [...Object.keys(options), 'onProblem'].sort()
    expect(Object.keys(COMMON_OPTIONS).sort()).toEqual(names)
  })

  it.each<Partial<CommonOptions>>([
    { clockTolerance: 60 },
    { longestLife: 86_400 },
    { keep: 100_000 },
    { resourceMetadata: 'http://a' },
    { resourceMetadata: "https://api1.example/a?b=c&d='e'" },
  ])('may be %j', (more) => expect(() => checkOptions({ ...needed, ...more })).not.toThrow())

  it.each<[keyof CommonOptions, unknown]>([
    ['issuer', `${ISSUER}/`],
    ['issuer', undefined],
    ['resource', 'orders'],
    ['resource', undefined],
    ['resourceMetadata', 7],
    ['resourceMetadata', 'api1.example'],
    ['resourceMetadata', ` ${METADATA}`],
    ['resourceMetadata', `${METADATA} `],
    ['resourceMetadata', `${METADATA}"`],
    ['resourceMetadata', `${METADATA}\\a`],
    ['resourceMetadata', 'https://'],
    ['resourceMetadata', 'ftp://a'],
    ['clockTolerance', -1],
    ['clockTolerance', 61],
    ['longestLife', 0],
    ['longestLife', 86_401],
    ['anonymous', 'no'],
    ['keep', -1],
    ['keep', 100_001],
    ['now', NOW],
    ['onProblem', 'log'],
  ])('are refused by their names: %s cannot be %j', (name, value) => {
    const make = (): unknown => checkOptions({ ...needed, [name]: value })
    expect(make).toThrow(new RegExp(`^"${name}" expected \\w`))
    expect(make).toThrow(expect.objectContaining({ name: expect.stringMatching(/^(Type|Range)Error$/) }))
  })
})
