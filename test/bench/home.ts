/**
 * How much one home of the guard bears in workerd, beside the bare statement in an object of its own.
 *
 * @module
 */

import { type Contender, type Effort, race, ratioIn, timeIn } from './measure.ts'
import type { Row } from './report.ts'
import { startWorker } from './workerd.ts'

/** Measures the row of one home. */
export async function home(effort: Effort): Promise<readonly Row[]> {
  const worker = await startWorker({
    entry: 'test/bench/workers/home.ts',
    durableObjects: { GUARD: 'GuardObject', OBJECT: 'InsertObject' },
  })
  const way = (name: string): Contender => ({
    name,
    async run(times) {
      const response = await fetch(`http://127.0.0.1:${worker.port}/${name}?times=${times}`)
      if ((await response.text()) !== 'done') throw new Error(`${name} in workerd: ${response.status}`)
    },
  })
  try {
    const times = await race([way('spend'), way('insert')], { ...effort, slice: effort.slice * 3 })
    const perSecond = (name: string): string => `${Math.round(1e9 / timeIn(times, name)).toLocaleString('en')} a second`
    return [
      {
        group: 'guard, one home',
        ours: 'Durable Object: spend',
        beside: 'INSERT in a Durable Object',
        figures: `${perSecond('spend')} : ${perSecond('insert')}`,
        ratio: ratioIn(times, 'spend', 'insert'),
      },
    ]
  } finally {
    await worker.stop()
  }
}
