/**
 * One home of the guard, asked by sixteen at once, and an object that is asked for the bare statement in the same way. Its caller takes
 * the time: inside workerd the clock stands still.
 *
 * @module
 */

import { createDurableObjectGuard, type GuardNamespace } from '../../../src/stores/guard_on_workers.ts'
import type { InsertObject } from './insert.ts'

export { GuardObject } from '../../../src/stores/guard_durable_object.ts'
export { InsertObject } from './insert.ts'

interface Env {
  readonly GUARD: GuardNamespace
  readonly OBJECT: { getByName(name: string): { insert(...row: Parameters<InsertObject['insert']>): Promise<void> } }
}

/** How many ask at the same time. */
const AT_ONCE = 16

/** Unix seconds until which everything is kept. */
const UNTIL = 2_000_000_000

const newId = (): string => crypto.randomUUID()

export default {
  async fetch(request: Request, { GUARD, OBJECT }: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    // All names are given the same home: the objects are chosen before the guard is asked.
    const one = { getByName: () => GUARD.getByName('guard-0') }
    const guard = createDurableObjectGuard(one, { newId, clock: Date.now })
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      '/spend': async () => {
        if ((await guard.spend(newId(), UNTIL)) !== 'first') throw new Error('a new name was spent')
      },
      '/insert': () => OBJECT.getByName('object-0').insert(newId(), newId(), UNTIL),
    }
    const way = ways[pathname]
    if (way === undefined) return new Response(null, { status: 404 })
    let left = Number(searchParams.get('times'))
    const goOn = async (): Promise<void> => {
      while (left-- > 0) await way()
    }
    await Promise.all(Array.from({ length: AT_ONCE }, goOn))
    return new Response('done')
  },
}
