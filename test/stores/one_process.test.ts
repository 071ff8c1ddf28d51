import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMemoryGuard, createMemoryRevocations, type LogEntry } from '../../src/index.ts'
import { type OneProcessOptions, placeOfMany } from '../../src/stores/one_process.ts'
import { testIssuer } from '../fixtures.ts'

const clock = (): number => Math.floor(Date.now() / 1000)

afterEach(() => vi.unstubAllGlobals())

/** Starts an issuer in a process with these variables. */
function start(single: boolean, env: Readonly<Record<string, string>>, isWorker = false): void {
  const { process: real } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
  const getBuiltinModule = (name: string): unknown =>
    name === 'node:cluster' ? { isWorker } : real?.getBuiltinModule?.(name)
  vi.stubGlobal('process', { ...real, env, getBuiltinModule })
  testIssuer({
    guard: createMemoryGuard(clock, { single }),
    revocations: createMemoryRevocations('salt', () => Date.now(), { single }),
  })
}

/** Starts an issuer on a machine that is nobody's platform, and returns what it says. */
function said(
  { guard, revocations }: { readonly guard?: OneProcessOptions; readonly revocations?: OneProcessOptions },
  issuer?: string,
): readonly LogEntry[] {
  const lines: LogEntry[] = []
  testIssuer({
    guard: createMemoryGuard(clock, guard),
    revocations: createMemoryRevocations('salt', () => Date.now(), revocations),
    log: (entry) => lines.push(entry),
    ...(issuer && { issuer }),
  })
  return lines
}

describe('an issuer whose guard and list are in memory', () => {
  it.each([
    ['AWS Lambda', { AWS_LAMBDA_FUNCTION_NAME: 'issuer' }, false],
    ['Vercel', { VERCEL: '1' }, false],
    ['Netlify', { NETLIFY: 'true' }, false],
    ['Cloud Run', { K_SERVICE: 'issuer' }, false],
    ['a worker of a cluster', {}, true],
    // promise: R15
  ])('does not start in %s, unless it is written out that there is one process', (place, env, isWorker) => {
    expect(() => start(false, env, isWorker)).toThrow(RangeError)
    expect(() => start(false, env, isWorker)).toThrow(`for there are many in ${place}`)
    expect(() => start(true, env, isWorker)).not.toThrow()
  })

  it('starts elsewhere', () => {
    expect(() => start(false, {})).not.toThrow()
  })

  it.each([
    ['both', {}, 'guard', 'guard, revocations'],
    ['the guard alone', { revocations: { single: true } }, 'guard', 'guard'],
    ['the list alone', { guard: { single: true } }, 'revocations', 'revocations'],
  ])(
    'warns once at the start, with %s, that this is for one process that never restarts',
    (_, options, event, which) => {
      expect(said(options)).toEqual([
        {
          level: 'warn',
          event,
          detail: `in memory, for one process that never restarts: ${which}; docs/guides/guards.md says what lasts, and "single: true" that it is so`,
        },
      ])
    },
  )

  it.each([
    ['on a loopback issuer', {}, 'http://localhost:8787'],
    ['where it is written out of both', { guard: { single: true }, revocations: { single: true } }, undefined],
  ])('says nothing %s', (_, options, issuer) => expect(said(options, issuer)).toEqual([]))

  it('takes no option that is misspelt', () => {
    expect(() => createMemoryGuard(clock, { singel: true } as object)).toThrow('"singel"')
    expect(placeOfMany({}, false)).toBeUndefined()
  })
})
