/**
 * Whether the stores of an issuer answer: asked by a read, once for all who want to know.
 *
 * @module
 */

import { inTime } from '../in_time.ts'
import { createKept } from '../remote/kept.ts'
import type { Guard } from './guard.ts'
import type { Revocations } from './revocations.ts'

/** Milliseconds that a store may take to answer: people wait for it at every step. */
const PATIENCE = 500

/** Seconds that what was found is told to all. */
const KEPT_FOR = 5

/** The names that the guard is asked for, one after the other: where names lie in many places, other places answer. */
const NAMES = 64

/** Whether a store answers. */
export type StoreHealth = 'ok' | 'unavailable'

/** The stores of an issuer; one that it does without is not there. */
export type StoresHealth = Readonly<Partial<Record<'guard' | 'revocations', StoreHealth>>>

/** Tells whether something comes, and in time. */
async function comes(read: () => Promise<unknown>): Promise<StoreHealth> {
  try {
    await inTime(read(), PATIENCE, () => new RangeError('late'))
    return 'ok'
  } catch {
    return 'unavailable'
  }
}

/** What is asked. */
export interface ExaminedStores {
  readonly guard: Pick<Guard, 'hasEnded'> | undefined
  readonly revocations: Pick<Revocations, 'read'> | undefined
}

/** Returns what tells how the stores are at `now`: no older than five seconds, whoever asks, and however many do. */
export function createStoresHealth({ guard, revocations }: ExaminedStores): (now: number) => Promise<StoresHealth> {
  async function look(now: number) {
    const [guardIs, revocationsAre] = await Promise.all([
      guard && comes(async () => guard.hasEnded([`health ${Math.floor(now / KEPT_FOR) % NAMES}`])),
      revocations && comes(async () => revocations.read(now, 'access tokens')),
    ])
    const stores = { ...(guardIs && { guard: guardIs }), ...(revocationsAre && { revocations: revocationsAre }) }
    return { ok: true, stores } as const
  }
  const always = { fresh: () => KEPT_FOR, hold: KEPT_FOR, most: KEPT_FOR, cooldown: KEPT_FOR, retry: KEPT_FOR }
  const kept = createKept(look, always)
  return async (now) => (await kept.get(now)).stores
}
