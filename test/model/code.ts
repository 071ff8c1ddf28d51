/**
 * An authorization code among people: requests that come with it at once, by its client or by a thief, each of which asks the guard what
 * the code grant asks, in that order; answers of the store that get lost; a logout; and what goes on with what was given.
 *
 * @module
 */

import type { Machine, Move } from './explore.ts'

/** What is promised of a code. */
export const CODE_PROMISES = {
  once: 'at most one request is given anything for a code',
  replayed: 'once a code that was spent has come again, and that was answered, nothing goes on',
  wrong: 'a request that is wrong spends no code',
  assertion: 'an assertion lets one request through, and a used one spends no code',
  ended: 'after a logout that was answered nothing is given, nor is the code spent',
  good: 'a good request for a code that nobody spent is answered: neither wrong ones nor lost answers of the store burn it',
} as const
type Promised = keyof typeof CODE_PROMISES

/** A request that may come, once. */
export interface Asker {
  /** Whether it has the code verifier. */
  readonly isRight: boolean
  /** The assertion that its client proves itself by; none for a public client. */
  readonly assertion?: string
}

/** Who asks, and what may happen. */
export interface CodeProtocol {
  readonly askers: readonly Asker[]
  /** Whether the person may log out. */
  readonly logout: boolean
  /** Whether an answer of the store may get lost once, and be asked for again by the same attempt. */
  readonly unheard: boolean
  /** Whether what was given is tried. */
  readonly goesOn: boolean
  /** Whether nothing may be given after a logout even to who was asked for before it. Default true. */
  readonly isStrict?: boolean
}

/** What the guard is asked next for a request, or what its client was told. */
export type Stage = 'not yet' | 'look' | 'proof' | 'spend' | 'end' | 'given' | 'refused'

interface Place {
  readonly stage: Stage
  /** Whether the answer got lost, and is asked for again. */
  readonly isUnheard: boolean
  /** Whether the session had ended when it was looked. */
  readonly hasLooked: boolean
}

/** All that is. */
export interface CodeWorld {
  readonly places: readonly Place[]
  /** The request that spent the code. */
  readonly spentBy: number | undefined
  /** Who used which assertion. */
  readonly used: Readonly<Record<string, number>>
  readonly isGrantOver: boolean
  readonly isLoggedOut: boolean
  /** Whether a replay was answered. */
  readonly isReplayed: boolean
}

/** How the code grant takes what may be spent: what is wrong with it breaks a promise. */
export interface CodeRule {
  readonly asksAtOnce: boolean
  readonly proofFirst: boolean
  readonly endsReplayed: boolean
  readonly checksVerifierFirst: boolean
  readonly knowsAttempts: boolean
  readonly spendsOnce: boolean
}

/** The rule of the design. */
export const CODE_RULE: CodeRule = {
  asksAtOnce: true,
  proofFirst: true,
  endsReplayed: true,
  checksVerifierFirst: true,
  knowsAttempts: true,
  spendsOnce: true,
}

/** Returns the machine of a code, by a rule. */
export function createCode(protocol: CodeProtocol, rule: CodeRule = CODE_RULE): Machine<CodeWorld> {
  const { askers } = protocol
  const put = (world: CodeWorld, index: number, place: Partial<Place>): CodeWorld => ({
    ...world,
    places: world.places.map((one, at) => (at === index ? { ...one, isUnheard: false, ...place } : one)),
  })
  const isGone = ({ isGrantOver, isLoggedOut }: CodeWorld): boolean => isGrantOver || isLoggedOut

  /** The stage after the assertion, or where there is none. */
  const firstStage = ({ assertion }: Asker): Stage => (assertion === undefined ? 'spend' : 'look')

  function asks(world: CodeWorld, index: number): CodeWorld {
    const asker = askers[index] as Asker
    if (!asker.isRight && rule.checksVerifierFirst) return put(world, index, { stage: 'refused' })
    return put(world, index, { stage: firstStage(asker) })
  }

  function spends(world: CodeWorld, index: number): { readonly world: CodeWorld; readonly broken?: Promised } {
    const asker = askers[index] as Asker
    const asksAtOnce = rule.asksAtOnce && asker.assertion === undefined
    if (asksAtOnce && isGone(world)) return { world: put(world, index, { stage: 'refused' }) }
    const isAgain = rule.knowsAttempts && world.spentBy === index
    if (world.spentBy !== undefined && rule.spendsOnce && !isAgain) {
      const stage = rule.endsReplayed ? 'end' : 'refused'
      return { world: { ...put(world, index, { stage }), isReplayed: !rule.endsReplayed } }
    }
    const isFirst = world.places.every(({ stage }) => stage !== 'given')
    const isLate = world.isLoggedOut && (protocol.isStrict !== false || !world.places[index]?.hasLooked)
    const used = asker.assertion === undefined || world.used[asker.assertion] === index
    const broken = !asker.isRight ? 'wrong' : !used ? 'assertion' : !isFirst ? 'once' : isLate ? 'ended' : undefined
    const stage = asker.isRight ? 'given' : 'refused'
    return { world: { ...put(world, index, { stage }), spentBy: index }, ...(broken && { broken }) }
  }

  /** What the guard makes of what it is asked for a request. */
  function step(world: CodeWorld, index: number): { readonly world: CodeWorld; readonly broken?: Promised } {
    const { assertion = '' } = askers[index] as Asker
    switch (world.places[index]?.stage) {
      case 'look': {
        const stage = isGone(world) ? 'refused' : rule.proofFirst ? 'proof' : 'spend'
        return { world: put(world, index, { stage, hasLooked: true }) }
      }
      case 'proof': {
        const by = world.used[assertion]
        if (by !== undefined && !(rule.knowsAttempts && by === index))
          return { world: put(world, index, { stage: 'refused' }) }
        return { world: { ...put(world, index, { stage: 'spend' }), used: { ...world.used, [assertion]: index } } }
      }
      case 'spend':
        return spends(world, index)
      default:
        return { world: { ...put(world, index, { stage: 'refused' }), isGrantOver: true, isReplayed: true } }
    }
  }

  /** Whether a request was good, when it was refused: nobody had spent the code, or ended it, or used its proof. */
  function burns(before: CodeWorld, after: CodeWorld, index: number): boolean {
    const [{ isRight, assertion = '' }, was] = [askers[index] as Asker, before.places[index]?.stage]
    if (!isRight || after.places[index]?.stage !== 'refused' || was === 'end') return false
    const isUsed = before.used[assertion] !== undefined && before.used[assertion] !== index
    return !isGone(before) && !isUsed && (before.spentBy === undefined || before.spentBy === index)
  }

  function* moves(world: CodeWorld): Generator<Move<CodeWorld>> {
    for (const [index, { stage, isUnheard }] of world.places.entries()) {
      if (stage === 'given' || stage === 'refused') continue
      if (stage === 'not yet') {
        const after = asks(world, index)
        yield {
          label: `${index} asks`,
          world: after,
          broken: burns(world, after, index) ? CODE_PROMISES.good : undefined,
        }
        continue
      }
      const { world: after, broken } = step(world, index)
      const promise = broken ?? (burns(world, after, index) ? 'good' : undefined)
      const label = `${stage} for ${index}`
      yield { label, world: after, broken: promise && CODE_PROMISES[promise] }
      if (!protocol.unheard || isUnheard || stage === 'look' || stage === 'end') continue
      // The store did it, and the issuer asks again.
      const places = world.places.map((one, at) => (at === index ? { ...one, isUnheard: true } : one))
      yield { label: `${label}, and nobody hears`, world: { ...after, places } }
    }
    if (protocol.logout && !world.isLoggedOut)
      yield { label: 'the person logs out', world: { ...world, isLoggedOut: true } }
    if (!protocol.goesOn || world.places.every(({ stage }) => stage !== 'given')) return
    // What was given goes on as long as the guard lets it.
    if (isGone(world)) return
    yield { label: 'it is refreshed', world, broken: world.isReplayed ? CODE_PROMISES.replayed : undefined }
  }

  return {
    start: {
      places: askers.map(() => ({ stage: 'not yet', isUnheard: false, hasLooked: false })),
      spentBy: undefined,
      used: {},
      isGrantOver: false,
      isLoggedOut: false,
      isReplayed: false,
    },
    moves: (world) => [...moves(world)],
    nameOf: (world) => JSON.stringify(world),
  }
}
