/**
 * Reads a history and says which promises were broken. It knows nothing of the issuer but what it promises, and says that one was
 * broken only where nothing that can have happened would keep it: what overlaps may have come in any order, and what had no answer
 * may have happened or not.
 *
 *     node test/soak/check.ts FILE
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import type { Ended, Line, Name, Opened, Token } from './history.ts'
import {
  DONE_AFTER,
  doneBy,
  type Family,
  generationOf,
  hasMovedOn,
  isBound,
  isGood,
  isMaybe,
  isOfFamily,
  isUnknown,
  type Numbered,
  type Question,
  type Story,
  spreadIn,
  tell,
  troublesIn,
  vainFetches,
} from './story.ts'

/** What is promised, in the words of a finding. */
export type Promised =
  | 'a code is redeemed once'
  | 'a refresh family has one live branch after the grace'
  | 'what is bound stays bound'
  | 'an honest family lives on'
  | 'a thief and the owner do not both live on'
  | 'what has ended stays ended'
  | 'a revoked access token is refused in time'
  | 'a good access token is opened'
  | 'an answer is a whole one'
  | 'nobody is stuck'

/** A promise that was broken. */
export interface Finding {
  readonly promise: Promised
  readonly sentence: string
  /** The numbers of the lines that show it, from 1 on. */
  readonly lines: readonly number[]
}

/** Seconds for which a device code gives tokens of the same grant again. */
const DEVICE_GRACE = 30
/** Seconds after which the issuer itself knows what an operator ended. */
const VIEW_AGE = 5
/** Seconds for which something that a clock ahead has made is of the future to others. */
const MOST_AHEAD = 30
/** Seconds that clocks may differ by where all of a person is ended. */
const PERSON_CLOCKS = 10
/** Clocks are read in whole seconds. */
const ROUNDING = 1
/** How many answers one after the other may send whoever asks away, when nothing is done to anything any more. */
const MOST_ATTEMPTS = 6
/** How many make it plain that whoever asks last goes away with nothing. */
const LEAST_AT_THE_END = 3
/** Of how many revoked tokens of a client and person on all of theirs may be ended. */
const FOLDED_FROM = 8
/** Words that only tell a device to ask again. */
const WAITING = new Set(['authorization_pending', 'slow_down'])

function isRefused({ status, error }: Token): boolean {
  return status >= 400 && status < 500 && error === 'invalid_grant'
}

function numbersOf(...lines: readonly { readonly number: number }[]): number[] {
  return [...new Set(lines.map(({ number }) => number))].sort((one, other) => one - other)
}

/** Returns which of these had come to its end first. */
function firstDone(tokens: readonly Numbered<Token>[]): Numbered<Token> | undefined {
  return tokens.toSorted((one, other) => one.until - other.until)[0]
}

/** Tells whether clocks differed by more than anything is promised for. */
function isBeyond(story: Story, from: number, to: number): boolean {
  return spreadIn(story, from, to) > story.begun.skew
}

/** Returns the milliseconds for which something is given again by every clock; after it, by none. */
function graceOf(
  story: Story,
  grace: number,
  from: number,
  to: number,
): { readonly sure: number; readonly over: number } {
  const spread = spreadIn(story, from, to) + ROUNDING
  return { sure: (grace - spread) * 1000, over: (grace + spread) * 1000 }
}

/** Two answers to one code, whoever asked; of a device code once its grace was over, or to two keys. */
function codes(story: Story): Finding[] {
  return story.families.flatMap(({ code, attempts }) => {
    const good = attempts.filter(isGood)
    const first = firstDone(good)
    if (code === undefined || first === undefined) return []
    return good
      .filter((again) => {
        if (again === first) return false
        if (again.grant === 'authorization_code') return !isBeyond(story, first.at, again.until)
        return (
          again.key !== first.key || again.at > first.until + graceOf(story, DEVICE_GRACE, first.at, again.until).over
        )
      })
      .map((again) => ({
        promise: 'a code is redeemed once',
        sentence: `code ${code} gave tokens to ${first.by}, and again to ${again.by}`,
        lines: numbersOf(first, again),
      }))
  })
}

/** Returns the first answer by which a family moved on from a generation, or from a later one. */
function movedOn(family: Family, isOf: (generation: number) => boolean): Numbered<Token> | undefined {
  return firstDone(family.uses.filter((use) => hasMovedOn(use) && isOf(generationOf(family, use))))
}

/**
 * Returns what shows that a refresh token was surely over when it was asked for: its successor had been used up, or had been given
 * longer ago than the grace.
 */
function overSince(
  story: Story,
  family: Family,
  use: Numbered<Token>,
): { by: Numbered<Token>; why: string } | undefined {
  if (isBound(family, use.shown)) return undefined
  const generation = generationOf(family, use)
  const newer = movedOn(family, (other) => other > generation)
  if (newer !== undefined && use.at > newer.until) return { by: newer, why: 'its successor had been used' }
  const first = movedOn(family, (other) => other === generation)
  if (first === undefined || use.at <= first.until + graceOf(story, story.begun.grace, first.at, use.until).over)
    return undefined
  return { by: first, why: `its successor had been given ${Math.round((use.at - first.until) / 1000)} s before` }
}

/** An old refresh token that was taken: from there on the family has two branches. */
function branches(story: Story): Finding[] {
  return story.families.flatMap((family) =>
    family.uses.filter(isGood).flatMap((use) => {
      const over = overSince(story, family, use)
      if (over === undefined) return []
      return {
        promise: 'a refresh family has one live branch after the grace',
        sentence: `refresh token ${use.shown} was taken of ${use.by}, though ${over.why}`,
        lines: numbersOf(over.by, use),
      }
    }),
  )
}

/** Tells whether the previous version may have answered. */
function isAtPrevious({ faults }: Story, { at, until, to }: Numbered<Token> | Numbered<Ended>): boolean {
  return faults.some((one) => one.fault === 'previous version' && one.to === to && one.at <= until && one.until >= at)
}

/** Returns the answer that shows that what was used is another's. Of a family 0.1.0 knows no key: neither what it sees, nor what was seen. */
function isOfAnother(story: Story, family: Family, use: Numbered<Token>): Numbered<Token> | undefined {
  if (use.isConfidential === true) return use.isThief ? use : undefined
  const { given } = family.refreshTokens.get(use.shown ?? '') ?? {}
  if (isBound(family, use.shown)) return given !== undefined && given.key !== use.key ? given : undefined
  if (isAtPrevious(story, use)) return undefined
  return family.uses.find(
    (other) =>
      isGood(other) &&
      other.key !== undefined &&
      other.key !== use.key &&
      !isAtPrevious(story, other) &&
      // What 0.1.0 gave to a key is that key's, and says nothing of the family.
      !isBound(family, other.shown) &&
      // Of two keys one is another's, whoever came first; without one it may have been taken before.
      (use.key === undefined ? use.at > other.until : use.number > other.number),
  )
}

/** Something that was bound, taken of whoever showed another key, or none; or of a thief without the client's secret. */
function bindings(story: Story): Finding[] {
  return story.families.flatMap((family) =>
    family.uses.filter(isGood).flatMap((use) => {
      const other = isOfAnother(story, family, use)
      if (other === undefined) return []
      const shownBy = use.key === undefined ? 'without a key' : `with key ${use.key}`
      return {
        promise: 'what is bound stays bound',
        sentence: `refresh token ${use.shown} was taken of ${use.by} ${shownBy}: it is of ${other.key ?? 'a client with a secret'}`,
        lines: numbersOf(other, use),
      }
    }),
  )
}

/** Tells whether something can have ended all of a family before an instant: whoever revoked it, or ended its session or person. */
function mayHaveEnded(story: Story, family: Family, before: number): boolean {
  return story.endings.some((one) => one.at < before && isMaybe(one) && isOfFamily(one, family) !== false)
}

/** Tells whether nobody can say that a code was redeemed in one way alone: asked once more after that, it ends all. */
function mayHaveReplayed(story: Story, { origin, attempts }: Family, before: number): boolean {
  const redeemed = firstDone(attempts.filter(isGood))
  if (redeemed === undefined) return true
  // An answer that was lost may have been the first, from which the grace counts.
  const first = Math.max(origin?.at ?? 0, Math.min(...attempts.filter(isMaybe).map(({ at }) => at)))
  return attempts.some((one) => {
    if (one === redeemed || one.at >= before || !(isMaybe(one) || isRefused(one))) return false
    const done = doneBy(story, one)
    if (done <= redeemed.at) return false
    const { sure } = graceOf(story, DEVICE_GRACE, first, done)
    return one.grant !== 'device_code' || one.key !== redeemed.key || done > first + sure
  })
}

/** Tells whether a use of a refresh token can have come when that was over already, and so have ended the family. */
function mayHaveEndedIt(story: Story, family: Family, use: Numbered<Token>, refused: Numbered<Token>): boolean {
  if (use === refused || use.at >= refused.until || isGood(use) || !(isUnknown(use) || isRefused(use))) return false
  if (isBound(family, use.shown) || use.isConfidential === true) return false
  if (use.key !== refused.key) return true
  const done = Math.min(doneBy(story, use), refused.until)
  return !isInTime(story, family, use, done)
}

/** Tells whether a refresh token is the current one, or surely in the grace of the one before, for whoever is heard by `done`. */
function isInTime(story: Story, family: Family, use: Numbered<Token>, done: number): boolean {
  const generation = generationOf(family, use)
  const others = family.uses.filter((one) => one !== use && one.at < done && isMaybe(one))
  if (others.some((one) => generationOf(family, one) > generation)) return false
  const same = others.filter((one) => generationOf(family, one) === generation)
  const first = Math.min(...same.map(({ at }) => at))
  if (same.length === 0) return true
  if (same.length > (story.begun.graceUses ?? 10)) return false
  return done <= first + graceOf(story, story.begun.grace, first, done).sure
}

/** Tells whether a refused refresh token was one that its owner could go on with, by every clock. */
function mustBeTaken(story: Story, family: Family, use: Numbered<Token>): boolean {
  const { origin, attempts, uses } = family
  if (origin === undefined || [...attempts, ...uses].some(({ isThief }) => isThief)) return false
  if (isBeyond(story, origin.at, use.until)) return false
  if (mayHaveEnded(story, family, use.until) || mayHaveReplayed(story, family, use.until)) return false
  if (use.isConfidential === true) return true
  const { given } = family.refreshTokens.get(use.shown ?? '') ?? {}
  if (given === undefined || (isBound(family, use.shown) && given.key !== use.key)) return false
  if (uses.some((one) => mayHaveEndedIt(story, family, one, use))) return false
  if (isBound(family, use.shown)) return true
  return !uses.some((one) => one.at < use.until && one.key !== use.key) && isInTime(story, family, use, use.until)
}

/** Tells whether an answer before said that nothing was done, and nothing was the matter by which that could be wrong. */
function isSpared(story: Story, before: Numbered<Token>, use: Numbered<Token>): boolean {
  const { status, isThief, at, until } = before
  if (status !== 503 || isThief || until > use.at) return false
  return troublesIn(story, at - DONE_AFTER, until + DONE_AFTER).length === 0
}

/** Tells whether a refused code was one that its owner could redeem, by every clock. */
function mustBeRedeemed(story: Story, { origin, attempts, ...family }: Family, use: Numbered<Token>): boolean {
  const { codeLife } = story.begun
  if (codeLife === undefined || origin?.what !== 'approved' || use.isThief) return false
  if (attempts.some((one) => one !== use && one.at < use.until && !isSpared(story, one, use))) return false
  if (isBeyond(story, origin.at, use.until) || mayHaveEnded(story, { origin, attempts, ...family }, use.until))
    return false
  return use.until <= origin.at + (codeLife - spreadIn(story, origin.at, use.until) - ROUNDING) * 1000
}

/** An honest client that was told that what it had is over. */
function honest(story: Story): Finding[] {
  return story.families.flatMap((family) => [
    ...family.uses
      .filter((use) => isRefused(use) && mustBeTaken(story, family, use))
      .map((use) => ({
        promise: 'an honest family lives on' as const,
        sentence: `${use.by} was refused refresh token ${use.shown}, which nobody else had, in its life and grace`,
        lines: numbersOf(family.refreshTokens.get(use.shown ?? '')?.given ?? use, use),
      })),
    ...family.attempts
      .filter((use) => isRefused(use) && mustBeRedeemed(story, family, use))
      .map((use) => ({
        promise: 'an honest family lives on' as const,
        sentence: `${use.by} was refused code ${use.shown}, which nobody had used, in its life`,
        lines: numbersOf(family.origin ?? use, use),
      })),
  ])
}

/** Tells whether a code surely came again when it had been redeemed, and in its life: then all that came of it has ended. */
function isReplay(story: Story, { origin, attempts }: Family, use: Numbered<Token>): Numbered<Token> | undefined {
  const { codeLife } = story.begun
  const redeemed = firstDone(attempts.filter(isGood))
  if (redeemed === undefined || codeLife === undefined || origin?.what !== 'approved' || use.isThief) return undefined
  const isAlive = use.until <= origin.at + (codeLife - spreadIn(story, origin.at, use.until) - ROUNDING) * 1000
  return isAlive && use.at > redeemed.until ? redeemed : undefined
}

/** A family that goes on after something of it came that only a second holder can have: then neither may. */
function thieves(story: Story): Finding[] {
  return story.families.flatMap((family) => {
    const ends = [...family.uses, ...family.attempts].filter(isRefused).flatMap((use) => {
      // Then that may be why it was refused, and it changed nothing.
      if (mayHaveEnded(story, family, use.until)) return []
      const by = use.grant === 'refresh_token' ? overSince(story, family, use)?.by : isReplay(story, family, use)
      return by === undefined ? [] : { use, by }
    })
    return family.uses.filter(isGood).flatMap((later) => {
      const end = ends.find(({ use }) => later.at > use.until)
      if (end === undefined) return []
      return {
        promise: 'a thief and the owner do not both live on',
        sentence: `${end.use.by} came with what had been used before, and was refused; ${later.by} went on with the same family`,
        lines: numbersOf(end.by, end.use, later),
      }
    })
  })
}

/** Milliseconds after its answer by which the issuer itself knows of an ending; `undefined` where nothing is promised. */
function knownAfter(story: Story, family: Family, ending: Numbered<Ended>, until: number): number | undefined {
  if (ending.how === 'revoke') return 0
  const { origin } = family
  if (ending.how === 'logout') return 0
  const from = origin?.at ?? 0
  // Who comes back afterwards has something new.
  if (origin === undefined || origin.until >= ending.at || spreadIn(story, from, until) > PERSON_CLOCKS)
    return undefined
  return (VIEW_AGE + ROUNDING + spreadIn(story, from, until)) * 1000
}

/**
 * Tells whether something may only be said to have ended: 0.1.0 does nothing to what a clock ahead of its own has made, and answers 200. This version
 * does not (test/issuing/machines_clocks.test.ts).
 */
function isSaidOnly(story: Story, ended: Numbered<Ended>): boolean {
  return isAtPrevious(story, ended) && spreadIn(story, ended.at - MOST_AHEAD * 1000, ended.until) > 0
}

/** Something that was given for what had ended. */
function endings(story: Story): Finding[] {
  return story.families.flatMap((family) =>
    [...family.attempts, ...family.uses].filter(isGood).flatMap((use) => {
      const ending = story.endings.find((one) => {
        if (!isGood(one) || isSaidOnly(story, one) || isOfFamily(one, family) !== true) return false
        // A code goes with its session, whatever its tokens do.
        const { outlives } = family.origin?.what === 'approved' || family.origin?.what === 'device' ? family.origin : {}
        if (one.how === 'logout' && outlives === true && use.grant === 'refresh_token') return false
        const after = knownAfter(story, family, one, use.until)
        return after !== undefined && use.at > one.until + after
      })
      if (ending === undefined) return []
      return {
        promise: 'what has ended stays ended',
        sentence: `${ending.of} was ended (${ending.how}), and ${use.by} was given tokens of it afterwards`,
        lines: numbersOf(ending, use),
      }
    }),
  )
}

/** Milliseconds after which a verifier that hears must have heard: longer where something kept it from hearing. */
function heardAfter(story: Story, by: string, from: number, to: number): number {
  const { revocationBound, maxStale } = story.begun
  const before = from - maxStale * 1000
  const troubles = [...troublesIn(story, before, to), ...vainFetches(story, by, before, to)]
  const last = Math.max(from, ...troubles.map(({ until }) => until))
  const most = (revocationBound + (last > from ? maxStale : 0)) * 1000
  return Math.min(most, last - from + revocationBound * 1000) + spreadIn(story, from, to) * 1000
}

/** Tells whether an ending takes an access token with it. A logout takes none. */
function isOfAccess(story: Story, ending: Numbered<Ended>, access: Name): boolean {
  const { given, family } = story.accessTokens.get(access) ?? {}
  if (given === undefined || ending.how === 'logout') return false
  if (ending.how === 'revoke')
    return ending.of === access || (family !== undefined && isOfFamily(ending, family) === true)
  if (family === undefined || isOfFamily(ending, family) !== true) return false
  return given.until < ending.at && spreadIn(story, given.at, ending.until) <= PERSON_CLOCKS
}

/** An access token that a verifier let in too long after it was ended. */
function heard(story: Story): Finding[] {
  return story.openings
    .filter(({ hears, status }) => hears && status === 200)
    .flatMap((opened) => {
      const ending = story.endings.find(
        (one) =>
          isGood(one) &&
          !isSaidOnly(story, one) &&
          isOfAccess(story, one, opened.access) &&
          opened.at > one.until + heardAfter(story, opened.by, one.until, opened.at),
      )
      if (ending === undefined) return []
      const seconds = Math.round((opened.at - ending.until) / 1000)
      return {
        promise: 'a revoked access token is refused in time',
        sentence: `access token ${opened.access} was let in by ${opened.by} ${seconds} s after it had ended (${ending.how})`,
        lines: numbersOf(ending, opened),
      }
    })
}

/** Tells whether an access token can have been ended, as far as nobody could say that it was not. */
function mayBeOver(story: Story, { access, until }: Numbered<Opened>): boolean {
  const { given, family } = story.accessTokens.get(access) ?? {}
  if (given === undefined) return true
  const before = story.endings.filter((one) => one.at < until && isMaybe(one))
  if (before.some((one) => one.how === 'revoke' && one.of === access)) return true
  if (family !== undefined && before.some((one) => one.how !== 'logout' && isOfFamily(one, family) !== false))
    return true
  const ended = (of: Name) => story.families.find(({ refreshTokens }) => refreshTokens.has(of))
  // Much of the same becomes one event, which ends more than it was asked for.
  const alike = before.filter((one) => {
    if (one.how !== 'revoke') return false
    const other = story.accessTokens.get(one.of)
    const clients = [other?.given.client, ...(ended(one.of)?.attempts ?? []).map(({ client }) => client)]
    return clients.includes(given.client)
  })
  return alike.length >= FOLDED_FROM
}

/** Tells whether a verifier may have been without keys, or without a list for so long that it refuses all. */
function isDeaf(story: Story, { at, until, by, to, number }: Numbered<Opened>): boolean {
  const { maxStale, revocationBound } = story.begun
  const from = at - (maxStale + revocationBound) * 1000
  const enough = (maxStale - revocationBound - spreadIn(story, from, until)) * 1000
  const fetches = story.fetches.filter((one) => one.by === by && one.number < number)
  // Keys that cannot be had may be those of this very token, or of the list; they are asked for again after a while.
  for (const what of ['keys', 'jwks']) {
    const last = fetches.findLast(({ of }) => of === what)
    if (last !== undefined && !isGood(last)) return true
  }
  const lists = fetches.filter((one) => one.of === 'revocations' && one.at >= at - enough)
  if (lists.length > 0 && !lists.some(isGood)) return true
  const troubles = troublesIn(story, from, until)
  let [lasted, covered] = [0, from]
  for (const one of troubles.toSorted((one, other) => one.at - other.at)) {
    const end = Math.min(one.until, until)
    lasted += Math.max(0, end - Math.max(one.at, covered))
    covered = Math.max(covered, end)
  }
  const isFirst = !story.openings.some(
    (one) => one.number < number && one.by === by && one.to === to && one.status !== 503,
  )
  return (troubles.length > 0 && (isFirst || lasted >= enough)) || spreadIn(story, from, until) >= maxStale
}

/** A good access token that a verifier did not let in. */
function openings(story: Story): Finding[] {
  const { accessLife } = story.begun
  return story.openings.flatMap((opened) => {
    const { given } = story.accessTokens.get(opened.access) ?? {}
    if (opened.status === 200 || given === undefined || opened.at < given.until) return []
    const isAlive = opened.until <= given.at + (accessLife - spreadIn(story, given.at, opened.until) - ROUNDING) * 1000
    if (!isAlive || isBeyond(story, given.at, opened.until) || mayBeOver(story, opened)) return []
    if (opened.status === 503 && isDeaf(story, opened)) return []
    return {
      promise: 'a good access token is opened',
      sentence: `access token ${opened.access} was refused by ${opened.by} with ${opened.status}, in its life, and nothing had ended it`,
      lines: numbersOf(given, opened),
    }
  })
}

/** Returns what an answer lacks. */
function lacks(story: Story, question: Question): string | undefined {
  const { status, retryAfter } = question
  if (status >= 500 && status !== 503) return `status ${status}`
  if (status === 503 && retryAfter === undefined) return 'a 503 without Retry-After'
  if (!isGood(question)) return undefined
  if (question.what === 'device' && question.code === undefined) return 'a device without a code'
  if (question.what === 'registered' && question.client === undefined) return 'a registration without a client_id'
  if (question.what !== 'token') return undefined
  if (question.access === undefined) return 'no access token'
  if (question.grant !== 'refresh_token') return undefined
  const family = story.familyOf.get(question.number)
  const isTurning = family !== undefined && !isBound(family, question.shown) && question.isConfidential !== true
  const hasTurned = family?.uses.some((one) => hasMovedOn(one)) === true
  return isTurning && hasTurned && !hasMovedOn(question) ? 'no next refresh token' : undefined
}

/** An answer that nobody can go on by, or that says less than it must. */
function answers(story: Story): Finding[] {
  return story.questions.flatMap((question) => {
    const lack = lacks(story, question)
    if (lack === undefined) return []
    const sentence = `${question.by} was answered by ${question.to} (${question.what}): ${lack}`
    return { promise: 'an answer is a whole one', sentence, lines: numbersOf(question) }
  })
}

/** Tells whether an answer says what is documented to be done next, elsewhere: a person lets the app in anew. A person's no is an answer, too. */
function leadsOn(question: Question): boolean {
  const { error = '' } = question
  if (WAITING.has(error) || error === 'access_denied') return true
  return question.what === 'token' && question.grant === 'refresh_token' && isRefused(question)
}

/** Whoever asks in vain, though nothing is done to anything any more. */
function stuck(story: Story): Finding[] {
  const askers = Map.groupBy(
    story.questions.filter((one) => one.at >= story.quietAt && !(one.what === 'token' && one.isThief) && !leadsOn(one)),
    ({ by }) => by,
  )
  return [...askers].flatMap(([by, asked]): Finding[] => {
    let failed: Question[] = []
    for (const question of asked) {
      // A page that says why there is no code yet is no code.
      const isHelped = isGood(question) && (question.what !== 'approved' || question.code !== undefined)
      failed = isHelped ? [] : [...failed, question]
      if (failed.length > MOST_ATTEMPTS) break
    }
    // Who was sent away once or twice at the very end may have had no time to come again.
    if (failed.length < (story.isOver ? LEAST_AT_THE_END : MOST_ATTEMPTS + 1)) return []
    const sentence = `${by} asked in vain when all was quiet (${failed.length} ×), at last: ${failed.at(-1)?.error ?? failed.at(-1)?.status}`
    return [{ promise: 'nobody is stuck', sentence, lines: numbersOf(...failed) }]
  })
}

/** Each promise, and what finds that it was broken. */
export const RULES: Readonly<Record<Promised, (story: Story) => Finding[]>> = {
  'a code is redeemed once': codes,
  'a refresh family has one live branch after the grace': branches,
  'what is bound stays bound': bindings,
  'an honest family lives on': honest,
  'a thief and the owner do not both live on': thieves,
  'what has ended stays ended': endings,
  'a revoked access token is refused in time': heard,
  'a good access token is opened': openings,
  'an answer is a whole one': answers,
  'nobody is stuck': stuck,
}

/** Returns the promises that a history shows to be broken; none where it shows none. */
export function check(lines: readonly Line[]): Finding[] {
  const story = tell(lines)
  return Object.values(RULES).flatMap((rule) => rule(story))
}

/** Reads the text of a history: a line of JSON each. */
export function readHistory(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Line)
}

if (import.meta.main) {
  const [file] = process.argv.slice(2)
  if (file === undefined) {
    console.error('usage: node test/soak/check.ts FILE')
    process.exit(2)
  }
  const lines = readHistory(readFileSync(file, 'utf8'))
  const findings = check(lines)
  for (const { promise, sentence, lines: numbers } of findings)
    console.log(`BROKEN: ${promise}: ${sentence} (lines ${numbers.join(', ')})`)
  console.error(`${lines.length} lines, ${findings.length} broken promises`)
  process.exit(findings.length === 0 ? 0 : 1)
}
