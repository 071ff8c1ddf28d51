/**
 * What a history tells, put together: who used what that came of what, when it can have had its effect, and what was done
 * meanwhile. It judges nothing.
 *
 * @module
 */

import type { Approved, Begun, Device, Ended, Fault, Fetched, Line, Name, Opened, Token } from './history.ts'

/** A line, and its number in the history, from 1 on. */
export type Numbered<Of> = Of & { readonly number: number }
/** A question to the issuer. */
export type Question = Numbered<Exclude<Line, { what: 'begun' | 'opened' | 'fault' | 'quiet' | 'over' }>>

/** All that came of one approval: a code, and the refresh tokens that were given for it and for each other. */
export interface Family {
  /** The code, or the device code; none where nobody saw the beginning. */
  readonly code?: Name
  /** Who was asked, where it was seen. */
  readonly origin?: Numbered<Approved | Device>
  /** Whoever showed the code. */
  readonly attempts: Numbered<Token>[]
  /** Whoever showed one of the refresh tokens. */
  readonly uses: Numbered<Token>[]
  /** The refresh tokens, and by which answer each came. Those of a generation are one to the guard, and are ciphertexts of their own. */
  readonly refreshTokens: Map<Name, { readonly generation: number; readonly given?: Numbered<Token> }>
}

/** What a history tells. */
export interface Story {
  readonly begun: Begun
  readonly questions: readonly Question[]
  readonly openings: readonly Numbered<Opened>[]
  readonly fetches: readonly Numbered<Fetched>[]
  readonly endings: readonly Numbered<Ended>[]
  readonly families: readonly Family[]
  /** The family that what was shown at `/token` is of, by the line's number. */
  readonly familyOf: ReadonlyMap<number, Family>
  /** The answer that gave an access token, and the family that it is of. */
  readonly accessTokens: ReadonlyMap<Name, { readonly given: Numbered<Token>; readonly family?: Family }>
  readonly faults: readonly Numbered<Fault>[]
  readonly quietAt: number
  readonly isOver: boolean
}

/** Milliseconds after which whatever is under way is done, once nothing holds it any more: more than the guard's 1.5 seconds. */
export const DONE_AFTER = 5000

/** Faults by which an answer, or what must be heard, can be late. */
const TROUBLES: ReadonlySet<Fault['fault']> = new Set(['kill', 'stop', 'cut', 'delay'])

/** Tells whether nobody knows what came of a question: there was no answer, or one that says nothing of it. */
export function isUnknown({ status }: { readonly status: number }): boolean {
  return status === 0 || status >= 500
}

/** Tells whether a question was answered with what was asked for. */
export function isGood({ status, error }: { readonly status: number; readonly error?: string }): boolean {
  return status >= 200 && status < 400 && error === undefined
}

/** Tells whether a question can have changed what was asked to be changed. */
export function isMaybe(question: { readonly status: number; readonly error?: string }): boolean {
  return isGood(question) || isUnknown(question)
}

/** Returns the faults that lasted at some time between two instants, and made something late. */
export function troublesIn({ faults }: Story, from: number, to: number): readonly Numbered<Fault>[] {
  return faults.filter((one) => TROUBLES.has(one.fault) && one.at <= to && one.until >= from)
}

/** Returns what a verifier asked for in vain at some time between two instants. */
export function vainFetches({ fetches }: Story, by: string, from: number, to: number): readonly Numbered<Fetched>[] {
  return fetches.filter((one) => one.by === by && !isGood(one) && one.at <= to && one.until >= from)
}

/** Milliseconds that a process takes to set its clock when it is told to. */
const SET_AFTER = 1000

/**
 * Returns the seconds that two clocks can have differed by between two instants: as was done on purpose. A history is of one machine, whose clocks
 * are the same else.
 */
export function spreadIn({ faults }: Story, from: number, to: number): number {
  const offsets = faults.filter(
    (one) => one.fault === 'clock' && one.at - SET_AFTER <= to && one.until + SET_AFTER >= from,
  )
  const seconds = [0, ...offsets.map(({ seconds = 0 }) => seconds)]
  return Math.max(...seconds) - Math.min(...seconds)
}

/**
 * Returns the instant by which a question had its effect, if it had one. What nobody heard of may have been read much later: by a
 * process that was stopped, over a link that was slow.
 */
export function doneBy(story: Story, { at, until, status }: Numbered<Token | Ended>): number {
  if (status >= 500) return until + DONE_AFTER
  if (status !== 0) return until
  let [before, end] = [at, until]
  while (end > before) {
    before = end
    for (const fault of troublesIn(story, at, before)) end = Math.max(end, fault.until + (fault.seconds ?? 0) * 1000)
  }
  return end + DONE_AFTER
}

/** Tells whether a refresh token was given to a key: then it stays as it is, and is that key's. */
export function isBound({ refreshTokens }: Family, name: Name | undefined): boolean {
  const { given } = refreshTokens.get(name ?? '') ?? {}
  return given?.key !== undefined && given.isConfidential !== true
}

/** Returns the generation of the refresh token that was shown. */
export function generationOf({ refreshTokens }: Family, { shown = '' }: Token): number {
  return refreshTokens.get(shown)?.generation ?? 0
}

/** Tells whether an answer gave a successor of what was shown. */
export function hasMovedOn({ shown, refresh, ...token }: Token): boolean {
  return isGood(token) && refresh !== undefined && refresh !== shown
}

/** Tells whether an ending is of all that came of an approval; `undefined` where nobody saw whose that was. */
export function isOfFamily({ how, of }: Ended, { origin, refreshTokens }: Family): boolean | undefined {
  if (how === 'revoke') return refreshTokens.has(of)
  const whose = how === 'logout' ? origin?.session : origin?.person
  return whose === undefined ? undefined : whose === of
}

function isCode({ grant }: Token): boolean {
  return grant === 'authorization_code' || grant === 'device_code'
}

/** Reads the lines of a history. @throws {TypeError} when it does not begin with what was promised */
export function tell(lines: readonly Line[]): Story {
  const numbered = lines.map((line, index): Numbered<Line> => ({ ...line, number: index + 1 }))
  const [begun] = lines
  if (begun?.what !== 'begun') throw new TypeError('a history begins with what was promised ("begun")')
  const is =
    <What extends Line['what']>(what: What) =>
    (line: Numbered<Line>): line is Numbered<Extract<Line, { what: What }>> =>
      line.what === what
  const origins = new Map<Name, Numbered<Approved | Device>>()
  for (const line of numbered) {
    if ((line.what !== 'approved' && line.what !== 'device') || line.code === undefined) continue
    // Of a device's two lines the person's says more.
    origins.set(line.code, { ...origins.get(line.code), ...line } as Numbered<Approved | Device>)
  }
  const byName = new Map<Name, Family>()
  const families: Family[] = []
  const familyOf = (name: Name, parts: Partial<Family>): Family => {
    const known = byName.get(name)
    if (known !== undefined) return known
    const family = { attempts: [], uses: [], refreshTokens: new Map(), ...parts }
    families.push(family)
    byName.set(name, family)
    return family
  }
  const shownOf = new Map<number, Family>()
  const accessTokens = new Map<Name, { given: Numbered<Token>; family?: Family }>()
  // Whoever shows something had it by an answer that came before he asked: so each comes after what it came of.
  for (const token of numbered.filter(is('token'))) {
    const { shown, access, refresh } = token
    let family: Family | undefined
    if (shown !== undefined && isCode(token)) {
      const origin = origins.get(shown)
      family = familyOf(shown, { code: shown, ...(origin === undefined ? {} : { origin }) })
      family.attempts.push(token)
    } else if (shown !== undefined) {
      family = familyOf(shown, {})
      if (!family.refreshTokens.has(shown)) family.refreshTokens.set(shown, { generation: 0 })
      family.uses.push(token)
    }
    if (family !== undefined) shownOf.set(token.number, family)
    if (access !== undefined) accessTokens.set(access, { given: token, ...(family === undefined ? {} : { family }) })
    if (family === undefined || refresh === undefined || family.refreshTokens.has(refresh)) continue
    const generation = isCode(token) ? 0 : generationOf(family, token) + 1
    family.refreshTokens.set(refresh, { generation, given: token })
    byName.set(refresh, family)
  }
  return {
    begun,
    families,
    familyOf: shownOf,
    accessTokens,
    questions: numbered.filter(
      (line): line is Question => !['begun', 'opened', 'fault', 'quiet', 'over'].includes(line.what),
    ),
    openings: numbered.filter(is('opened')),
    fetches: numbered.filter(is('fetched')),
    endings: numbered.filter(is('ended')),
    faults: numbered.filter(is('fault')),
    quietAt: numbered.find(is('quiet'))?.at ?? Number.POSITIVE_INFINITY,
    isOver: numbered.some(is('over')),
  }
}
