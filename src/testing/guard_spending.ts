/**
 * What a guard promises of what is spent, whatever it is called: a part of the contract.
 *
 * @module
 */

import type { Guard, Keeping, Raising } from '../stores/guard.ts'
import { type Bench, type ContractCase, countOf, fresh, race } from './contract.ts'

/** Which methods a guard has beside those that each has. */
export type Parts = Readonly<Record<'keeping' | 'raising' | 'sparing', boolean>>

/** Names that no store may mix up, cut off or choke on: no two are the same, in no encoding. */
const ODD_NAMES: readonly (readonly [what: string, ...ends: readonly string[]])[] = [
  ['NUL', '\0', '\0\0', '\0x'],
  ['10 KB', 'x'.repeat(10_240), `${'x'.repeat(10_239)}y`],
  ['surrogates without another half', '\ud800', '\udfff', '\ufffd'],
  ['what is the same letter to people', 'é', 'e\u0301', 'É'],
]

/** Returns the cases of whatever spends: a guard, or a memory for proofs. */
export function spendingCases(bench: Bench<Pick<Guard, 'spend'>>): readonly ContractCase[] {
  const later = (): number => bench.now() + 100
  return [
    bench.promise('spend says first once, and spent ever after', async (store, same) => {
      const id = fresh()
      const said = [await store.spend(id, later()), await store.spend(id, later()), await store.spend(id, later())]
      same(said, ['first', 'spent', 'spent'])
    }),

    bench.promise('spend keeps names apart, however alike', async (store, same) => {
      const id = fresh()
      const others = [id, `${id} `, `${id}\0`, `${id.toUpperCase()}X`, `${id}'`, `${id}%`]
      const said = await Promise.all(others.map((other) => store.spend(other, later())))
      same(
        said,
        others.map(() => 'first'),
      )
    }),

    bench.promise(
      'spend says first to exactly one of all at once, whatever is restarted meanwhile',
      async (store, same) => {
        for (let round = 0; round < 5; round++) {
          const id = fresh()
          const said = await race(bench, () => store.spend(id, later()))
          same([countOf(said, 'first'), countOf(said, 'spent')], [1, bench.callers - 1])
          await bench.disturb()
          same(await store.spend(id, later()), 'spent')
        }
      },
    ),
  ]
}

/** Returns the cases of names, in each method that a guard has. */
export function nameCases(bench: Bench<Guard & Keeping & Raising>, has: Parts): readonly ContractCase[] {
  return ODD_NAMES.map(([what, ...ends]) =>
    bench.promise(`every method keeps names apart that have ${what}`, async (guard, same) => {
      const now = bench.now()
      const later = now + 3600
      const plain = fresh()
      const names = ['', ...ends].map((end) => plain + end)
      const each = <Value>(value: Value): readonly Value[] => names.map(() => value)
      for (const said of ['first', 'spent'])
        same(await Promise.all(names.map((name) => guard.spend(name, later))), each(said))
      for (const name of names) {
        const advance = await guard.advance({ gid: name, generation: 0, now, grace: 30, expiresAt: later })
        same(advance, { outcome: 'advanced', generation: 1 })
      }
      await guard.end(names[1] ?? '', later)
      same(
        await Promise.all(names.map((name) => guard.hasEnded([name]))),
        names.map((_, at) => at === 1),
      )
      if (has.raising) for (const [at, name] of names.entries()) same(await guard.raise(name, at + 1), at + 1)
      if (!has.keeping) return
      for (const [at, name] of names.entries()) same(await guard.leave(name, `${at}`, later), 'first')
      for (const [at, name] of names.entries()) same(await guard.look(name), `${at}`)
    }),
  )
}

/** Returns the cases of how long a guard remembers. `tidy` drops what is over; without it, no case asks whether it is dropped. */
export function rememberingCases(
  bench: Bench<Guard & Keeping>,
  has: Parts,
  tidy: (() => Promise<unknown>) | undefined,
): readonly ContractCase[] {
  const kept = bench.promise(
    'everything is remembered until its end and two minutes more: no clock differs by more',
    async (guard, same) => {
      const [id, gid, name] = [fresh(), fresh(), fresh()]
      const over = bench.now() - 60
      await guard.spend(id, over)
      await guard.end(gid, over)
      if (has.keeping) await guard.leave(name, 'a', over)
      await tidy?.()
      await bench.disturb()
      same([await guard.spend(id, bench.now() + 3600), await guard.hasEnded([gid])], ['spent', true])
      if (has.keeping) same(await guard.look(name), 'a')
    },
  )
  if (tidy === undefined) return [kept]
  const dropped = bench.promise('what is over is dropped, two minutes after its end', async (guard, same) => {
    const [id, gid, name, soon] = [fresh(), fresh(), fresh(), fresh()]
    // Of this moment: others may have taken their time.
    const now = bench.now()
    const over = now - 125
    await guard.spend(soon, now - 60)
    await guard.spend(id, over)
    await guard.end(gid, over)
    if (has.keeping) await guard.leave(name, 'a', over)
    await tidy()
    same(await guard.hasEnded([gid]), false)
    if (has.keeping) same(await guard.look(name), undefined)
    same([await guard.spend(id, now + 3600), await guard.spend(soon, now + 3600)], ['first', 'spent'])
  })
  return [kept, dropped]
}
