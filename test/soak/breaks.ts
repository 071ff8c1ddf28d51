/**
 * Promises that are not kept on purpose, so that it is seen that a soak finds it: each is one thing that an issuer, its store, its settings or a verifier
 * does wrong.
 *
 * @module
 */

import type { Guard, Issuer, Revocations } from '../../src/index.ts'
import { StoreError } from '../../src/stores/index.ts'

/** What can be broken, and how. */
export const BREAKS = {
  'code-once': 'a guard that says "first" of every code, whoever brings it',
  'old-generation': 'a family that goes on with any generation, however old',
  'lost-answer': 'a family without the grace that is promised: a lost answer ends it',
  'ended-family': 'a guard that forgets what was ended: families and sessions live on',
  'burnt-code':
    'a guard that does what it is told, and now and then says that it could not: a code or a generation is used up by a 503',
  'deaf-list': 'a list of revocations that takes what it is told, and tells nobody',
  'deaf-verifier': 'verifiers that say they hear of revocations, and do not',
  'plain-500': '500 where 503 is promised',
  'no-retry-after': '503 without a word on when to ask again',
  'foreign-ring': 'a process whose ring is another one: nobody opens what it seals',
} as const

/** A promise that is not kept. */
export type Break = keyof typeof BREAKS

/**
 * Reads what is to be broken.
 *
 * @throws {RangeError} when nothing is called so
 */
export function readBreak(text: string): Break {
  if (!Object.hasOwn(BREAKS, text)) throw new RangeError(`--break expected one of ${Object.keys(BREAKS).join(', ')}`)
  return text as Break
}

/** What remembers. */
interface Stores {
  readonly guard: Guard
  readonly revocations: Revocations
}

/** Returns a guard that is none that asks and changes at once: what is overridden would be passed by. */
function plain(guard: Guard, changes: Partial<Guard>): Guard {
  const { leave, look, swap, raise } = guard
  return {
    spend: (id, expiresAt) => guard.spend(id, expiresAt),
    advance: (step) => guard.advance(step),
    end: (id, expiresAt) => guard.end(id, expiresAt),
    hasEnded: (ids) => guard.hasEnded(ids),
    ...(leave && look && swap && { leave, look, swap }),
    ...(raise && { raise }),
    ...changes,
  }
}

/** Returns stores by which a promise is broken. */
export function breakStores(broken: Break, { guard, revocations }: Stores): Stores {
  if (broken === 'code-once')
    return {
      guard: plain(guard, {
        spend: (id, end) => (id.startsWith('code ') ? Promise.resolve('first') : guard.spend(id, end)),
      }),
      revocations,
    }
  if (broken === 'old-generation') {
    const advance: Guard['advance'] = async ({ generation }) => ({ outcome: 'advanced', generation: generation + 1 })
    return { guard: plain(guard, { advance }), revocations }
  }
  if (broken === 'lost-answer')
    return { guard: plain(guard, { advance: (step) => guard.advance({ ...step, grace: 0 }) }), revocations }
  if (broken === 'ended-family')
    return {
      guard: plain(guard, { end: () => Promise.resolve(), hasEnded: () => Promise.resolve(false) }),
      revocations,
    }
  if (broken === 'burnt-code') {
    let calls = 0
    const failing = async <Told>(told: Promise<Told>): Promise<Told> => {
      await told
      if (++calls % 5 === 0) throw new StoreError('connection', 'it did what it was told, and says that it did not')
      return told
    }
    return {
      guard: plain(guard, {
        spend: (id, end) => failing(guard.spend(id, end)),
        advance: (step) => failing(guard.advance({ ...step, grace: 0 })),
      }),
      revocations,
    }
  }
  if (broken === 'deaf-list') {
    const add: Revocations['add'] = async () => ({ added: true }) as Awaited<ReturnType<Revocations['add']>>
    return { guard, revocations: { ...revocations, add } }
  }
  return { guard, revocations }
}

/** Returns an issuer by which a promise is broken. */
export function breakFetch(broken: Break, issuer: Pick<Issuer, 'fetch'>): Pick<Issuer, 'fetch'> {
  if (broken !== 'plain-500' && broken !== 'no-retry-after') return issuer
  return {
    async fetch(...asked) {
      const answer = await issuer.fetch(...asked)
      if (answer.status !== 503) return answer
      const headers = new Headers(answer.headers)
      headers.delete('retry-after')
      return new Response(answer.body, { status: broken === 'plain-500' ? 500 : 503, headers })
    },
  }
}
