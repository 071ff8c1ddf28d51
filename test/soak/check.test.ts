import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, type Promised, RULES, readHistory } from './check.ts'
import type { Approved, Device, Ended, Fault, Fetched, Line, Opened, Registered, Token } from './history.ts'
import { tell } from './story.ts'
import { BEGUN, type Broken, type Move, play } from './world.ts'

const move: fc.Arbitrary<Move> = fc.record({
  wait: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 200 }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 8000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 80_000 }) },
  ),
  does: fc.oneof(
    { weight: 3, arbitrary: fc.constant('approve' as const) },
    { weight: 1, arbitrary: fc.constant('device' as const) },
    { weight: 5, arbitrary: fc.constant('redeem' as const) },
    { weight: 12, arbitrary: fc.constant('refresh' as const) },
    { weight: 2, arbitrary: fc.constant('steal' as const) },
    { weight: 6, arbitrary: fc.constant('open' as const) },
    { weight: 2, arbitrary: fc.constantFrom('revoke', 'revoke access', 'logout', 'operator', 'clock', 'cut') },
  ) as fc.Arbitrary<Move['does']>,
  there: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2500 })),
  back: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1400 })),
  fate: fc.oneof(
    { weight: 10, arbitrary: fc.constant('answered' as const) },
    { weight: 2, arbitrary: fc.constantFrom('lost there', 'lost back', '503 there', '503 back', 'late') },
  ) as fc.Arbitrary<Move['fate']>,
  pick: fc.nat({ max: 5000 }),
  process: fc.constantFrom(0 as const, 1 as const),
})
const moves = fc.array(move, { minLength: 5, maxLength: 80, size: 'max' })

// promise: Z01
it('finds nothing in histories in which every promise was kept, whatever overlapped, was lost or stolen', () => {
  fc.assert(
    fc.property(moves, (of) => {
      expect(check(play(of))).toEqual([])
    }),
    { numRuns: Number(process.env['CHECK_RUNS'] ?? 600) },
  )
})

const BROKEN: Readonly<Record<Broken, Promised>> = {
  code: 'a code is redeemed once',
  'device code': 'a code is redeemed once',
  grace: 'a refresh family has one live branch after the grace',
  generations: 'a refresh family has one live branch after the grace',
  reuse: 'a thief and the owner do not both live on',
  binding: 'what is bound stays bound',
  secret: 'what is bound stays bound',
  'lost answer': 'an honest family lives on',
  'burnt code': 'an honest family lives on',
  revocation: 'what has ended stays ended',
  logout: 'what has ended stays ended',
  operator: 'what has ended stays ended',
  list: 'a revoked access token is refused in time',
  opening: 'a good access token is opened',
  'deaf verifier': 'a revoked access token is refused in time',
  status: 'an answer is a whole one',
  'retry-after': 'an answer is a whole one',
  answer: 'an answer is a whole one',
  'way on': 'nobody is stuck',
}

const HISTORIES = fc.sample(moves, { numRuns: 1500, seed: 7 })

it.each(Object.entries(BROKEN) as [Broken, Promised][])(
  // promise: Z02
  'finds in some of the same histories that something is wrong with: %s',
  (broken, promise) => {
    const found = HISTORIES.find((of) => check(play(of, broken)).some((one) => one.promise === promise))
    expect(found).toBeDefined()
  },
)

/** Instants of these histories are seconds; an answer takes one. */
type Short<Of> = Partial<Omit<Of, 'what' | 'at'>>
const asked = (at: number) => ({ at: at * 1000, until: (at + 1) * 1000, by: 'app/0', to: 'p0', status: 200 })
const approved = (at: number, more: Short<Approved> = {}): Line => ({
  ...{ ...asked(at), what: 'approved', client: 'app', session: 's', person: 'alice', code: 'c', by: 'alice' },
  ...more,
})
const device = (at: number, more: Short<Device> = {}): Line => ({
  ...{ ...asked(at), what: 'device', client: 'app', code: 'd' },
  ...more,
})
const redeemed = (at: number, more: Short<Token> = {}): Line => ({
  ...{ ...asked(at), what: 'token', client: 'app', grant: 'authorization_code', shown: 'c', isThief: false },
  ...(more.status === undefined ? { access: `a${at}`, refresh: 'r0' } : {}),
  ...more,
})
const refreshed = (at: number, shown: string, refresh: string, more: Short<Token> = {}): Line => ({
  ...{ ...asked(at), what: 'token', client: 'app', grant: 'refresh_token', shown, isThief: false },
  ...(more.status === undefined ? { access: `a${at}`, refresh } : {}),
  ...more,
})
const ended = (at: number, how: Ended['how'], of: string, more: Short<Ended> = {}): Line => ({
  ...{ ...asked(at), what: 'ended', how, of },
  ...more,
})
const opened = (at: number, access: string, status: number, more: Short<Opened> = {}): Line => ({
  ...{ ...asked(at), what: 'opened', access, status, hears: true, by: 'api', to: 'v' },
  ...more,
})
const fetched = (at: number, of: Fetched['of'], status: number): Line => ({
  ...{ ...asked(at), what: 'fetched', of, status, by: 'api' },
  ...(status === 503 && { retryAfter: 2 }),
})
const registered = (at: number, more: Short<Registered> = {}): Line => ({
  ...{ ...asked(at), what: 'registered', client: 'n' },
  ...more,
})
const fault = (from: number, to: number, kind: Fault['fault'], seconds?: number): Line => ({
  ...{ what: 'fault', at: from * 1000, until: to * 1000, to: 'p0', fault: kind },
  ...(seconds === undefined ? {} : { seconds }),
})
const refused = { status: 400, error: 'invalid_grant' }
const lost = { status: 0 }
const away = { status: 503, retryAfter: 2 }
const thief = { isThief: true, by: 'thief' }
const confidential = { isConfidential: true }
const START = [approved(0), redeemed(2)]
const TURNED = [...START, refreshed(10, 'r0', 'r1')]
const ATTEMPTS = [62, 64, 66, 68, 70, 72]

/** What is wrong, and the history; what is like it, and is right. Grace 30, skew 10, bound 20, stale 60, lives of 300 and 60 seconds. */
const FAULTS: readonly (readonly [Promised, string, readonly Line[], string, readonly Line[]])[] = [
  [
    'a code is redeemed once',
    'two were given tokens for one code',
    [...START, redeemed(4, { ...thief, refresh: 'x' })],
    'one of them was refused',
    [...START, redeemed(4, { ...thief, ...refused })],
  ],
  [
    'a code is redeemed once',
    'two that overlap were given tokens for one code',
    [...START, redeemed(2, { refresh: 'x' })],
    'whether the other got any nobody knows',
    [...START, redeemed(2, lost)],
  ],
  [
    'a code is redeemed once',
    'a code was redeemed twice while a clock was off by what is promised',
    [...START, fault(3, 5, 'clock', 10), redeemed(4, { refresh: 'x' })],
    'it was off by more',
    [...START, fault(3, 5, 'clock', 11), redeemed(4, { refresh: 'x' })],
  ],
  [
    'a code is redeemed once',
    'a device code gave tokens long after it had',
    [
      device(0),
      redeemed(2, { grant: 'device_code', shown: 'd' }),
      redeemed(35, { grant: 'device_code', shown: 'd', refresh: 'x' }),
    ],
    'by some clocks it was still in its grace',
    [
      device(0),
      redeemed(2, { grant: 'device_code', shown: 'd' }),
      redeemed(34, { grant: 'device_code', shown: 'd', refresh: 'x' }),
    ],
  ],
  [
    'a code is redeemed once',
    'a device code gave tokens to two keys',
    [
      device(0),
      redeemed(2, { grant: 'device_code', shown: 'd', key: 'k' }),
      redeemed(4, { grant: 'device_code', shown: 'd', key: 'x', refresh: 'x' }),
    ],
    'it gave them to one, twice',
    [
      device(0),
      redeemed(2, { grant: 'device_code', shown: 'd', key: 'k' }),
      redeemed(4, { grant: 'device_code', shown: 'd', key: 'k', refresh: 'x' }),
    ],
  ],
  [
    'a refresh family has one live branch after the grace',
    'a token was taken when the grace was over by every clock',
    [...TURNED, refreshed(43, 'r0', 'x')],
    'by some clocks it was not',
    [...TURNED, refreshed(42, 'r0', 'x')],
  ],
  [
    'a refresh family has one live branch after the grace',
    'a token was taken that was over by the clock that was off, too',
    [...TURNED, fault(20, 30, 'clock', -20), refreshed(63, 'r0', 'x')],
    'by that clock it was not',
    [...TURNED, fault(20, 30, 'clock', -20), refreshed(62, 'r0', 'x')],
  ],
  [
    'a refresh family has one live branch after the grace',
    'the generation before the one before was taken',
    [...TURNED, refreshed(12, 'r1', 'r2'), refreshed(14, 'r0', 'x')],
    'it was asked for while the newer one was used',
    [...TURNED, refreshed(12, 'r1', 'r2'), refreshed(13, 'r0', 'x')],
  ],
  [
    'a refresh family has one live branch after the grace',
    'a thief went on with an older one of another name',
    [
      ...TURNED,
      refreshed(11, 'r0', 'y1', thief),
      refreshed(13, 'r1', 'r2'),
      refreshed(15, 'r2', 'r3'),
      refreshed(17, 'y1', 'y2', thief),
    ],
    'both were of the current generation',
    [...TURNED, refreshed(11, 'r0', 'y1', thief), refreshed(13, 'r1', 'r2'), refreshed(15, 'y1', 'y2', thief)],
  ],
  [
    'what is bound stays bound',
    'a bound token was taken of another key',
    [approved(0), redeemed(2, { key: 'k' }), refreshed(5, 'r0', 'r0', { key: 'x' })],
    'it was taken of its own, for long',
    [
      approved(0),
      redeemed(2, { key: 'k' }),
      refreshed(5, 'r0', 'r0', { key: 'k' }),
      refreshed(205, 'r0', 'r0', { key: 'k' }),
    ],
  ],
  [
    'what is bound stays bound',
    'a bound token was taken without a key',
    [approved(0), redeemed(2, { key: 'k' }), refreshed(5, 'r0', 'r0')],
    "a confidential client's is bound to none",
    [approved(0), redeemed(2, { ...confidential, key: 'k' }), refreshed(5, 'r0', 'r0', confidential)],
  ],
  [
    'what is bound stays bound',
    'a family moved into two keys',
    [...START, refreshed(5, 'r0', 'r1', { key: 'k' }), refreshed(5, 'r0', 'x', { ...thief, key: 'x' })],
    'the other was refused',
    [...START, refreshed(5, 'r0', 'r1', { key: 'k' }), refreshed(5, 'r0', 'x', { ...thief, ...refused, key: 'x' })],
  ],
  [
    'what is bound stays bound',
    'a family that had moved into a key was taken without',
    [...START, refreshed(5, 'r0', 'r1', { key: 'k' }), refreshed(7, 'r0', 'x')],
    'it may have been before',
    [...START, refreshed(5, 'r0', 'r1', { key: 'k' }), refreshed(6, 'r0', 'x')],
  ],
  [
    'what is bound stays bound',
    'a family that had moved into a key here was taken without, while 0.1.0 answered elsewhere',
    [
      ...START,
      { ...fault(3, 9, 'previous version'), to: 'p1' } as Line,
      refreshed(5, 'r0', 'r1', { key: 'k' }),
      refreshed(7, 'r0', 'x'),
    ],
    'that was at 0.1.0, which knows no key of a family',
    [
      ...START,
      fault(3, 6, 'previous version'),
      refreshed(5, 'r0', 'r1', { key: 'k' }),
      refreshed(7, 'r1', 'r1', { key: 'k' }),
      refreshed(9, 'r0', 'x'),
    ],
  ],
  [
    'what is bound stays bound',
    'a family that had moved into a key was taken without, after 0.1.0',
    [...START, refreshed(5, 'r0', 'r1', { key: 'k' }), fault(7, 8, 'previous version'), refreshed(9, 'r0', 'x')],
    'of 0.1.0',
    [...START, refreshed(5, 'r0', 'r1', { key: 'k' }), fault(7, 9, 'previous version'), refreshed(8, 'r0', 'x')],
  ],
  [
    'what is bound stays bound',
    'a thief had tokens without the secret',
    [approved(0), redeemed(2, confidential), refreshed(5, 'r0', 'r0', { ...thief, ...confidential })],
    'it was the client',
    [approved(0), redeemed(2, confidential), refreshed(5, 'r0', 'r0', confidential)],
  ],
  [
    'an honest family lives on',
    'the current token was refused',
    [...TURNED, refreshed(12, 'r1', '', refused)],
    'its person had been logged out, or not',
    [...TURNED, ended(11, 'logout', 's', lost), refreshed(12, 'r1', '', refused)],
  ],
  [
    'an honest family lives on',
    'the retry after a lost answer was refused',
    [...START, refreshed(5, 'r0', '', lost), refreshed(33, 'r0', '', refused)],
    'it came when the grace could be over',
    [...START, refreshed(5, 'r0', '', lost), refreshed(34, 'r0', '', refused)],
  ],
  [
    'an honest family lives on',
    'the retry after a 503 was refused, with a clock as it may be',
    [...START, fault(1, 9, 'clock', 10), refreshed(5, 'r0', '', away), refreshed(23, 'r0', '', refused)],
    'by that clock the grace could be over',
    [...START, fault(1, 9, 'clock', 10), refreshed(5, 'r0', '', away), refreshed(24, 'r0', '', refused)],
  ],
  [
    'an honest family lives on',
    'a retry was refused, of fewer than are allowed',
    [
      ...START,
      ...[5, 6, 7, 8, 9, 10, 11, 12, 13, 14].map((at) => refreshed(at, 'r0', '', lost)),
      refreshed(20, 'r0', '', refused),
    ],
    'of more than are allowed',
    [
      ...START,
      ...[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((at) => refreshed(at, 'r0', '', lost)),
      refreshed(20, 'r0', '', refused),
    ],
  ],
  [
    'an honest family lives on',
    'a family was refused, though what had no answer cannot have come so late',
    [
      ...START,
      refreshed(5, 'r0', '', lost),
      refreshed(7, 'r0', 'r1'),
      refreshed(12, 'r1', 'r2'),
      refreshed(14, 'r2', '', refused),
    ],
    'it may have come when the process went on',
    [
      ...START,
      fault(5, 11, 'stop'),
      refreshed(5, 'r0', '', lost),
      refreshed(7, 'r0', 'r1'),
      refreshed(12, 'r1', 'r2'),
      refreshed(14, 'r2', '', refused),
    ],
  ],
  [
    'an honest family lives on',
    'a family was refused, and no thief was ever there',
    [...TURNED, refreshed(12, 'r1', '', refused)],
    'a thief may have ended it',
    [...TURNED, refreshed(11, 'r0', '', { ...thief, ...lost }), refreshed(12, 'r1', '', refused)],
  ],
  [
    'an honest family lives on',
    'a family was refused, whose code was asked for in vain before it was redeemed',
    [approved(0), redeemed(1, away), redeemed(12, {}), refreshed(20, 'r0', '', refused)],
    'the code may have come once more',
    [approved(0), redeemed(1, away), redeemed(5, {}), refreshed(20, 'r0', '', refused)],
  ],
  [
    'an honest family lives on',
    'a bound token was refused its own key',
    [approved(0), redeemed(2, { key: 'k' }), refreshed(205, 'r0', '', { ...refused, key: 'k' })],
    'it was refused another',
    [approved(0), redeemed(2, { key: 'k' }), refreshed(205, 'r0', '', { ...refused, key: 'x' })],
  ],
  [
    'an honest family lives on',
    "a confidential client's token was refused",
    [approved(0), redeemed(2, confidential), refreshed(205, 'r0', '', { ...refused, ...confidential })],
    'its person may have been ended',
    [
      approved(0),
      redeemed(2, confidential),
      ended(9, 'operator', 'alice', away),
      refreshed(205, 'r0', '', { ...refused, ...confidential }),
    ],
  ],
  [
    'an honest family lives on',
    'a code was refused that nobody had shown, in its life',
    [approved(0), redeemed(58, refused)],
    'it could be over',
    [approved(0), redeemed(59, refused)],
  ],
  [
    'an honest family lives on',
    'a code was refused after a 503, which is to spend nothing',
    [approved(0), redeemed(2, away), redeemed(9, refused)],
    'a connection broke, so that it may be used',
    [approved(0), fault(8, 9, 'cut'), redeemed(2, away), redeemed(9, refused)],
  ],
  [
    'an honest family lives on',
    "a device's token was refused, and its person had not ended it",
    [
      device(0),
      device(1, { session: 's', person: 'alice', by: 'alice' }),
      redeemed(2, { grant: 'device_code', shown: 'd' }),
      ended(3, 'logout', 'another'),
      refreshed(5, 'r0', '', refused),
    ],
    'nobody knows whose it is',
    [
      device(0),
      redeemed(2, { grant: 'device_code', shown: 'd' }),
      ended(3, 'logout', 'another'),
      refreshed(5, 'r0', '', refused),
    ],
  ],
  [
    'an honest family lives on',
    'the current token was refused, and only afterwards came its code and what was old',
    [...TURNED, refreshed(12, 'r1', '', refused), redeemed(14, refused), refreshed(14, 'r0', '', lost)],
    'the code came before, once more',
    [...TURNED, redeemed(11, refused), refreshed(13, 'r1', '', refused)],
  ],
  [
    'an honest family lives on',
    "a device's family was refused, whose code had come again in its grace",
    [
      device(1, { session: 's', person: 'alice' }),
      redeemed(2, { grant: 'device_code', shown: 'd' }),
      redeemed(30, { grant: 'device_code', shown: 'd', refresh: 'x' }),
      refreshed(32, 'r0', '', refused),
    ],
    'the grace could be over',
    [
      device(1, { session: 's', person: 'alice' }),
      redeemed(2, { grant: 'device_code', shown: 'd' }),
      redeemed(31, { grant: 'device_code', shown: 'd', refresh: 'x' }),
      refreshed(33, 'r0', '', refused),
    ],
  ],
  [
    'an honest family lives on',
    "a device's family was refused, whose code had come again in the grace of its first answer",
    [
      device(1, { session: 's', person: 'alice' }),
      redeemed(2, { grant: 'device_code', shown: 'd', ...away }),
      redeemed(7, { grant: 'device_code', shown: 'd' }),
      redeemed(30, { grant: 'device_code', shown: 'd', refresh: 'x' }),
      refreshed(33, 'r0', '', refused),
    ],
    'of an answer before, which was lost, that grace was over',
    [
      device(1, { session: 's', person: 'alice' }),
      redeemed(2, { grant: 'device_code', shown: 'd', ...away }),
      redeemed(7, { grant: 'device_code', shown: 'd' }),
      redeemed(31, { grant: 'device_code', shown: 'd', refresh: 'x' }),
      refreshed(33, 'r0', '', refused),
    ],
  ],
  [
    'an honest family lives on',
    'a bound token was refused its own key, though it had come with another, which ends nothing',
    [
      ...START,
      refreshed(5, 'r0', 'r1', { key: 'k' }),
      refreshed(7, 'r1', '', { ...refused, key: 'x' }),
      refreshed(9, 'r1', '', { ...refused, key: 'k' }),
    ],
    'the one before may have come without a key, which ends it',
    [
      ...START,
      refreshed(5, 'r0', 'r1', { key: 'k' }),
      refreshed(7, 'r0', '', lost),
      refreshed(9, 'r1', '', { ...refused, key: 'k' }),
    ],
  ],
  [
    'a thief and the owner do not both live on',
    'a thief came too late, and the owner went on',
    [...TURNED, refreshed(43, 'r0', '', { ...thief, ...refused }), refreshed(45, 'r1', 'r2')],
    'the owner went on while the thief was refused',
    [...TURNED, refreshed(43, 'r0', '', { ...thief, ...refused }), refreshed(44, 'r1', 'r2')],
  ],
  [
    'a thief and the owner do not both live on',
    'the owner came with what the thief had used up, and the thief went on',
    [
      ...TURNED,
      refreshed(11, 'r0', 'y1', thief),
      refreshed(13, 'y1', 'y2', thief),
      refreshed(15, 'r0', '', refused),
      refreshed(17, 'y2', 'y3', thief),
    ],
    'the thief was refused, too',
    [
      ...TURNED,
      refreshed(11, 'r0', 'y1', thief),
      refreshed(13, 'y1', 'y2', thief),
      refreshed(15, 'r0', '', refused),
      refreshed(17, 'y2', '', { ...thief, ...refused }),
    ],
  ],
  [
    'a thief and the owner do not both live on',
    'a code came again, and what came of it lived on',
    [...START, redeemed(4, { ...refused, by: 'app/1' }), refreshed(6, 'r0', 'r1')],
    'who brought it had not its verifier',
    [...START, redeemed(4, { ...refused, ...thief }), refreshed(6, 'r0', 'r1')],
  ],
  [
    'a thief and the owner do not both live on',
    'a code came again in its life, and what came of it lived on',
    [...START, redeemed(58, { ...refused, by: 'app/1' }), refreshed(60, 'r0', 'r1')],
    'it was over, and said nothing',
    [...START, redeemed(59, { ...refused, by: 'app/1' }), refreshed(61, 'r0', 'r1')],
  ],
  [
    'a thief and the owner do not both live on',
    'a code came again, and what outlives its session lived on',
    [approved(0, { outlives: true }), redeemed(2), redeemed(6, refused), refreshed(8, 'r0', 'r1')],
    'it was refused for its session had ended',
    [
      approved(0, { outlives: true }),
      redeemed(2),
      ended(4, 'logout', 's'),
      redeemed(6, refused),
      refreshed(8, 'r0', 'r1'),
    ],
  ],
  [
    'what has ended stays ended',
    'a family went on after it had been revoked and a process killed',
    [...TURNED, ended(12, 'revoke', 'r0'), fault(13, 15, 'kill'), refreshed(16, 'r1', 'r2')],
    'it was refreshed while it was revoked',
    [...TURNED, ended(12, 'revoke', 'r0'), refreshed(13, 'r1', 'r2')],
  ],
  [
    'what has ended stays ended',
    'a family went on after a logout',
    [...TURNED, ended(12, 'logout', 's'), refreshed(14, 'r1', 'r2')],
    'it may outlive its session',
    [
      approved(0, { outlives: true }),
      redeemed(2),
      refreshed(10, 'r0', 'r1'),
      ended(12, 'logout', 's'),
      refreshed(14, 'r1', 'r2'),
    ],
  ],
  [
    'what has ended stays ended',
    'a code was redeemed after a logout, though its tokens would have outlived it',
    [approved(0, { outlives: true }), ended(2, 'logout', 's'), redeemed(4)],
    'of another session',
    [approved(0, { outlives: true }), ended(2, 'logout', 'another'), redeemed(4)],
  ],
  [
    'what has ended stays ended',
    'a family went on long after all of its person had been ended',
    [...TURNED, ended(12, 'operator', 'alice'), refreshed(20, 'r1', 'r2')],
    'before every process had to know',
    [...TURNED, ended(12, 'operator', 'alice'), refreshed(19, 'r1', 'r2')],
  ],
  [
    'what has ended stays ended',
    'a family of before went on',
    [approved(0), ended(2, 'operator', 'alice'), redeemed(10)],
    'the person had come back',
    [ended(0, 'operator', 'alice'), approved(1), redeemed(10)],
  ],
  [
    'a revoked access token is refused in time',
    'a token of a revoked family was let in',
    [...START, ended(4, 'revoke', 'r0'), opened(26, 'a2', 200)],
    'the time that is promised was not over',
    [...START, ended(4, 'revoke', 'r0'), opened(25, 'a2', 200)],
  ],
  [
    'a revoked access token is refused in time',
    'a revoked token was let in',
    [...START, ended(4, 'revoke', 'a2'), opened(26, 'a2', 200)],
    'another one was',
    [...TURNED, ended(12, 'revoke', 'a2'), opened(36, 'a10', 200)],
  ],
  [
    'a revoked access token is refused in time',
    "a person's token was let in",
    [...START, ended(4, 'operator', 'alice'), opened(26, 'a2', 200)],
    'a logout ends none',
    [...START, ended(4, 'logout', 's'), opened(26, 'a2', 200)],
  ],
  [
    'a revoked access token is refused in time',
    'a revoked token was let in by a verifier that had been deaf too long',
    [...START, fault(3, 200, 'cut'), ended(4, 'revoke', 'a2'), opened(86, 'a2', 200)],
    'it may go on for a while',
    [...START, fault(3, 200, 'cut'), ended(4, 'revoke', 'a2'), opened(85, 'a2', 200)],
  ],
  [
    'a revoked access token is refused in time',
    'a revoked token was let in long after the link was whole',
    [...START, fault(3, 10, 'cut'), ended(4, 'revoke', 'a2'), opened(31, 'a2', 200)],
    'soon after it',
    [...START, fault(3, 10, 'cut'), ended(4, 'revoke', 'a2'), opened(30, 'a2', 200)],
  ],
  [
    'a revoked access token is refused in time',
    'a token was let in that the version before had revoked',
    [...START, fault(3, 9, 'previous version'), ended(4, 'revoke', 'a2'), opened(41, 'a2', 200)],
    'a clock ahead may have made it, and that version says then that it has revoked it',
    [
      ...START,
      fault(1, 3, 'clock', 13),
      fault(3, 9, 'previous version'),
      ended(4, 'revoke', 'a2'),
      opened(41, 'a2', 200),
    ],
  ],
  [
    'a revoked access token is refused in time',
    'a token was let in that was revoked beside the version before',
    [
      ...START,
      fault(1, 3, 'clock', 13),
      { ...fault(3, 9, 'previous version'), to: 'p1' } as Line,
      ended(4, 'revoke', 'a2'),
      opened(41, 'a2', 200),
    ],
    'the clock was off long before, and it is early enough',
    [...START, fault(3, 9, 'previous version'), ended(4, 'revoke', 'a2'), opened(25, 'a2', 200)],
  ],
  [
    'what has ended stays ended',
    'a family went on that the version before had revoked',
    [...TURNED, fault(11, 20, 'previous version'), ended(12, 'revoke', 'r0'), refreshed(14, 'r1', 'r2')],
    'a clock ahead may have made it',
    [
      ...TURNED,
      fault(9, 11, 'clock', 13),
      fault(11, 20, 'previous version'),
      ended(12, 'revoke', 'r0'),
      refreshed(14, 'r1', 'r2'),
    ],
  ],
  [
    'a revoked access token is refused in time',
    'a revoked token was let in by a verifier that got the list',
    [...START, ended(4, 'revoke', 'a2'), fetched(9, 'revocations', 200), opened(27, 'a2', 200)],
    'it had asked for the list in vain',
    [...START, ended(4, 'revoke', 'a2'), fetched(9, 'revocations', 0), opened(27, 'a2', 200)],
  ],
  [
    'a revoked access token is refused in time',
    'a revoked token was let in, and another verifier had asked for the list in vain',
    [
      ...START,
      ended(4, 'revoke', 'a2'),
      { ...fetched(9, 'revocations', 0), by: 'other' } as Line,
      opened(27, 'a2', 200),
    ],
    'long ago it would be too late, too, but for the time that is promised',
    [...START, ended(4, 'revoke', 'a2'), fetched(9, 'revocations', 503), opened(30, 'a2', 200)],
  ],
  [
    'a revoked access token is refused in time',
    'a revoked token was let in by a verifier that hears',
    [...START, ended(4, 'revoke', 'a2'), opened(26, 'a2', 200)],
    'by one that hears nothing',
    [...START, ended(4, 'revoke', 'a2'), opened(26, 'a2', 200, { hears: false })],
  ],
  [
    'a good access token is opened',
    'a token was refused in its life',
    [...START, opened(299, 'a2', 401)],
    'it could be over',
    [...START, opened(301, 'a2', 401)],
  ],
  [
    'a good access token is opened',
    'a token was refused that nobody had revoked',
    [...TURNED, ended(12, 'revoke', 'a2'), opened(36, 'a10', 401)],
    'somebody may have revoked its family',
    [...TURNED, ended(12, 'revoke', 'r0', away), opened(36, 'a10', 401)],
  ],
  [
    'a good access token is opened',
    'a token was refused, and its person had only logged out',
    [...START, ended(4, 'logout', 's'), opened(36, 'a2', 401)],
    'its person had been ended',
    [...START, ended(4, 'operator', 'alice'), opened(36, 'a2', 401)],
  ],
  [
    'a good access token is opened',
    'a token was refused, and seven of its client had been revoked',
    [
      ...START,
      ...[11, 12, 13, 14, 15, 16, 17].map((at) => refreshed(at, 'r0', 'r1')),
      ...[11, 12, 13, 14, 15, 16, 17].map((at) => ended(18, 'revoke', `a${at}`)),
      opened(50, 'a2', 401),
    ],
    'so many that all are ended',
    [
      ...START,
      ...[10, 11, 12, 13, 14, 15, 16, 17].map((at) => refreshed(at, 'r0', 'r1')),
      ...[10, 11, 12, 13, 14, 15, 16, 17].map((at) => ended(18, 'revoke', `a${at}`)),
      opened(50, 'a2', 401),
    ],
  ],
  [
    'a good access token is opened',
    'a verifier refused all when it had been deaf for a short time',
    [...START, opened(4, 'a2', 200), fault(5, 44, 'cut'), opened(44, 'a2', 503)],
    'for a long time',
    [...START, opened(4, 'a2', 200), fault(5, 45, 'cut'), opened(45, 'a2', 503)],
  ],
  [
    'a good access token is opened',
    'a verifier that had its keys said that it could not tell',
    [...START, opened(4, 'a2', 200), fetched(5, 'keys', 0), fetched(8, 'keys', 200), opened(9, 'a2', 503)],
    'it had asked for them in vain',
    [...START, opened(4, 'a2', 200), fetched(5, 'keys', 200), fetched(8, 'keys', 0), opened(9, 'a2', 503)],
  ],
  [
    'a good access token is opened',
    'a token was said to be no good by a verifier that had asked for keys in vain',
    [...START, opened(4, 'a2', 200), fetched(5, 'keys', 0), opened(9, 'a2', 401)],
    'the issuer told it no public keys, and it said that it could not tell',
    [...START, opened(4, 'a2', 200), fetched(5, 'jwks', 503), opened(9, 'a2', 503)],
  ],
  [
    'a good access token is opened',
    'a verifier that had a list said that it could not tell',
    [
      ...START,
      opened(4, 'a2', 200),
      fetched(7, 'revocations', 200),
      fetched(12, 'revocations', 0),
      opened(46, 'a2', 503),
    ],
    'a verifier that had no list for long said that it could not tell',
    [
      ...START,
      opened(4, 'a2', 200),
      ...[5, 10, 15, 20, 25, 30, 35, 40, 45].map((at) => fetched(at, 'revocations', 0)),
      opened(46, 'a2', 503),
    ],
  ],
  [
    'a good access token is opened',
    'a verifier refused all at its start, and nothing was done to it',
    [...START, opened(4, 'a2', 503)],
    'it could not hear',
    [...START, fault(3, 5, 'kill'), opened(4, 'a2', 503)],
  ],
  [
    'an answer is a whole one',
    'an answer was a 500',
    [registered(0, { status: 500 })],
    'there was none',
    [registered(0, lost)],
  ],
  [
    'an answer is a whole one',
    'a verifier that asked for keys was answered with a 500',
    [fetched(0, 'keys', 500)],
    'there was none yet',
    [fetched(0, 'keys', 503)],
  ],
  [
    'an answer is a whole one',
    'a 503 did not say when to come back',
    [registered(0, { status: 503 })],
    'it did',
    [registered(0, away)],
  ],
  [
    'an answer is a whole one',
    'there was no access token',
    [approved(0), redeemed(2, { status: 200, refresh: 'r0' })],
    'there was no refresh token, of who may have none',
    [approved(0), redeemed(2, { status: 200, access: 'a2' })],
  ],
  [
    'an answer is a whole one',
    'there was no next refresh token',
    [...TURNED, refreshed(12, 'r1', 'r1')],
    'it is bound now, and stays',
    [...START, refreshed(10, 'r0', 'r1', { key: 'k' }), refreshed(12, 'r1', 'r1', { key: 'k' })],
  ],
  [
    'an answer is a whole one',
    'there was no device code',
    [{ ...device(0), code: undefined } as unknown as Line],
    'there was',
    [device(0)],
  ],
  [
    'an answer is a whole one',
    'there was no client',
    [{ ...registered(0), client: undefined } as unknown as Line],
    'there was',
    [registered(0)],
  ],
  [
    'nobody is stuck',
    'who came was sent away, and again',
    [{ what: 'quiet', at: 61_000 }, ...[...ATTEMPTS, 74].map((at) => registered(at, away))],
    'and was heard at last',
    [
      { what: 'quiet', at: 61_000 },
      ...ATTEMPTS.map((at) => registered(at, away)),
      registered(74),
      { what: 'over', at: 99_000 },
    ],
  ],
  [
    'nobody is stuck',
    'the last that somebody heard was no, and no again',
    [
      { what: 'quiet', at: 61_000 },
      registered(62),
      ...[63, 65, 67].map((at) => registered(at, away)),
      { what: 'over', at: 99_000 },
    ],
    'there was no time for more',
    [{ what: 'quiet', at: 61_000 }, ...[63, 65].map((at) => registered(at, away)), { what: 'over', at: 99_000 }],
  ],
  [
    'nobody is stuck',
    'a person was shown a page, and never led to the app',
    [
      { what: 'quiet', at: 61_000 },
      ...[62, 64, 66].map((at) => ({ ...approved(at), code: undefined }) as unknown as Line),
      { what: 'over', at: 99_000 },
    ],
    'and was, at last',
    [
      { what: 'quiet', at: 61_000 },
      ...[62, 64, 66].map((at) => ({ ...approved(at), code: undefined }) as unknown as Line),
      approved(68),
      { what: 'over', at: 99_000 },
    ],
  ],
  [
    'nobody is stuck',
    'codes that a person let an app have were refused, one after the other',
    [
      { what: 'quiet', at: 61_000 },
      ...['c', 'd', 'e'].map((shown) => redeemed(62, { ...refused, shown })),
      { what: 'over', at: 99_000 },
    ],
    'approvals had ended, devices were to wait, and a thief had nothing',
    [
      { what: 'quiet', at: 61_000 },
      ...['x', 'y', 'z'].map((shown) => refreshed(62, shown, '', refused)),
      ...[63, 68, 73].map((at) => redeemed(at, { grant: 'device_code', shown: 'd', status: 400, error: 'slow_down' })),
      ...[64, 69, 74].map((at) => redeemed(at, { grant: 'device_code', shown: 'd', ...thief, ...refused })),
      { what: 'over', at: 99_000 },
    ],
  ],
  [
    'nobody is stuck',
    'the last that somebody heard was no, when all was quiet',
    [{ what: 'quiet', at: 61_000 }, ...[62, 64, 66].map((at) => registered(at, refused)), { what: 'over', at: 99_000 }],
    'something was done still',
    [...[50, 52, 54].map((at) => registered(at, refused)), { what: 'quiet', at: 61_000 }, { what: 'over', at: 99_000 }],
  ],
]

describe.each(FAULTS)('%s', (promise, wrong, history, right, twin) => {
  it(`finds that ${wrong}, and nothing where ${right}`, () => {
    const [found, ...others] = check([BEGUN, ...history])
    expect({ found: found?.promise, others }).toEqual({ found: promise, others: [] })
    expect(found?.sentence).toMatch(/^\S.{20,}$/)
    for (const number of found?.lines ?? []) expect(number).toBeGreaterThan(1)
    expect(check([BEGUN, ...twin])).toEqual([])
  })
})

it('names each promise by one rule, which alone finds that it was broken', () => {
  expect(new Set(FAULTS.map(([promise]) => promise))).toEqual(new Set(Object.keys(RULES)))
  for (const [promise, , history] of FAULTS)
    for (const [name, rule] of Object.entries(RULES))
      expect([name, rule(tell([BEGUN, ...history])).length > 0]).toEqual([name, name === promise])
})

it('says in words what was broken, by whom', () => {
  const said = (...lines: readonly Line[]) => check([BEGUN, ...lines]).map(({ sentence, lines }) => [sentence, lines])
  expect(said(...TURNED, refreshed(43, 'r0', 'x', thief))).toEqual([
    ['refresh token r0 was taken of thief, though its successor had been given 32 s before', [4, 5]],
  ])
  expect(said(approved(0), redeemed(2, { key: 'k' }), refreshed(5, 'r0', 'r0', thief))).toEqual([
    ['refresh token r0 was taken of thief without a key: it is of k', [3, 4]],
  ])
  expect(said(approved(0), redeemed(2, { key: 'k' }), refreshed(5, 'r0', 'r0', { key: 'x' }))).toEqual([
    ['refresh token r0 was taken of app/0 with key x: it is of k', [3, 4]],
  ])
  expect(said(...START, ended(4, 'revoke', 'r0'), opened(26, 'a2', 200))).toEqual([
    ['access token a2 was let in by api 21 s after it had ended (revoke)', [4, 5]],
  ])
  const again = [62, 64, 66].map((at) => registered(at, refused))
  expect(said({ what: 'quiet', at: 61_000 }, ...again, { what: 'over', at: 99_000 })).toEqual([
    ['app/0 asked in vain when all was quiet (3 ×), at last: invalid_grant', [3, 4, 5]],
  ])
})

it('says no word of a history that does not begin with what was promised', () => {
  expect(() => check(START)).toThrow('begins with what was promised')
})

it('is a command: it prints what was broken, and ends with 1; with 0 where nothing was', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bulla-history-'))
  const run = (name: string, lines: readonly Line[]) => {
    const file = join(folder, name)
    writeFileSync(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
    expect(readHistory(lines.map((line) => JSON.stringify(line)).join('\n'))).toEqual(lines)
    const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'check.ts'), file], {
      encoding: 'utf8',
    })
    return { status, stdout }
  }
  expect(run('right', [BEGUN, ...START])).toEqual({ status: 0, stdout: '' })
  expect(run('wrong', [BEGUN, ...START, redeemed(4, { ...thief, refresh: 'x' })])).toEqual({
    status: 1,
    stdout: 'BROKEN: a code is redeemed once: code c gave tokens to app/0, and again to thief (lines 3, 4)\n',
  })
})
