import { afterEach, describe, expect, it, vi } from 'vitest'
import { TokenError } from '../../src/jose/error.ts'
import { explain } from '../../src/jose/explain.ts'
import {
  createTeller,
  type OnProblem,
  type Problem,
  problemOf,
  problemOfError,
  unavailable,
} from '../../src/verifier/problem.ts'

describe('the problem of a request', () => {
  it('with no good token, or too little, is told in words of its own', () => {
    const reasons = ['no_credentials', 'malformed', 'scope', 'login'] as const
    const problems = reasons.map(problemOf)
    expect(problems.map(({ reason }) => reason)).toEqual(reasons)
    for (const { detail } of problems) expect(detail).toMatch(/^the (\w+[ ,]+){5}/)
    expect(new Set(problems.map(({ detail }) => detail)).size).toBe(reasons.length)
  })

  it('with a bad token is told by its code, in the words of whoever explains it', () => {
    expect(problemOfError(new TokenError('expired'))).toStrictEqual({ reason: 'expired', detail: explain('expired') })
    const told = new TokenError('proof_time')
    expect(problemOfError(told)).toStrictEqual({ reason: 'proof_time', detail: 'proof_time' })
    expect(problemOfError(told, explain)).toStrictEqual({ reason: 'proof_time', detail: explain('proof_time') })
  })

  it('for which something cannot be had is told with what that is, and why', () => {
    expect(problemOfError(unavailable('jwks', 'status 500'))).toStrictEqual({
      reason: 'unavailable',
      detail: 'jwks: status 500',
      source: 'jwks',
    })
    const detail = explain('unavailable')
    expect(problemOfError(new TokenError('unavailable'))).toStrictEqual({ reason: 'unavailable', detail })
  })

  it('never has what another error came of', () => {
    const cause = { source: 'keys', detail: 'secret' }
    for (const one of [cause, 'secret', null])
      expect(problemOfError(new TokenError('key', { cause: one })).detail).toBe(explain('key'))
  })

  it.each([
    [new TypeError('secret'), 'TypeError'],
    ['secret', 'string'],
    [undefined, 'undefined'],
    [null, 'object'],
  ])('that failed by what is not ours is told by its name alone: %s', (error, name) => {
    expect(problemOfError(error)).toStrictEqual({
      reason: 'unavailable',
      detail: `${explain('unavailable')} (${name})`,
    })
    expect(problemOfError(error, (code) => `so: ${code}`).detail).toBe(`so: unavailable (${name})`)
  })
})

const lost: Problem = { reason: 'unavailable', detail: 'keys: status 500', source: 'keys' }

describe('whoever is told of problems', () => {
  it('hears each as it is', () => {
    const heard: Problem[] = []
    const tell = createTeller((problem) => heard.push(problem), Date.now)
    tell(lost)
    expect([tell(lost), heard, heard[1] === lost]).toEqual([undefined, [lost, lost], true])
  })

  it('harms nobody where it throws, rejects, or returns anything', () => {
    const rejected = Promise.reject(new Error('down'))
    const caught = vi.spyOn(rejected, 'catch')
    const throwing: OnProblem = () => {
      throw new Error('down')
    }
    for (const onProblem of [throwing, () => rejected, () => null, () => 'heard'])
      expect(createTeller(onProblem, Date.now)(lost)).toBeUndefined()
    expect(caught).toHaveBeenCalledOnce()
  })
})

describe('the console, where nobody else is told', () => {
  afterEach(() => vi.restoreAllMocks())

  /** Tells problems at instants, and returns which of them the console heard of. */
  const heardOf = (...told: readonly (readonly [number, Partial<Problem>])[]): readonly boolean[] => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined)
    let now = 0
    const tell = createTeller(undefined, () => now)
    return told.map(([at, changes]) => {
      const before = warn.mock.calls.length
      now = at
      tell({ ...lost, ...changes })
      return warn.mock.calls.length > before
    })
  }

  it('hears in one line of JSON what, and nothing else', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined)
    createTeller(undefined, () => 0)({ ...lost, code: 'temporarily_unavailable' })
    const line = { level: 'warn', event: 'verifier', reason: 'unavailable', detail: 'keys: status 500' }
    expect(warn.mock.calls).toEqual([[JSON.stringify(line)]])
  })

  it('hears where the server is at fault, and of nobody else', () => {
    const codes = [undefined, 'temporarily_unavailable', 'server_error', 'invalid_token', 'no_credentials'] as const
    const heard = codes.map((code) => heardOf([0, code === undefined ? {} : { code }]))
    expect(heard.flat()).toEqual([true, true, true, false, false])
  })

  it('hears of the same once a minute, and again where the clock was set back', () => {
    expect(heardOf([7, {}], [7, {}], [66, {}], [67, {}], [68, {}], [66, {}], [125, {}], [126, {}])).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
      false,
      true,
    ])
    const others = [{ source: 'jwks' }, { reason: 'demand' }, { detail: 'keys: status 502' }] as const
    expect(heardOf([7, {}], ...others.map((other) => [7, other] as const))).toEqual([true, true, true, false])
  })
})
