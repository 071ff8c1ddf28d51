/**
 * What a guard promises of what is left with it, and of numbers that only grow: a part of the contract.
 *
 * @module
 */

import type { Guard, Keeping, Raising } from '../stores/guard.ts'
import { type Bench, type ContractCase, countOf, fresh, patiently, race, refusalsOf } from './contract.ts'
import type { Parts } from './guard_spending.ts'

/** Returns the cases of `leave`, `look` and `swap`. */
export function keepingCases(bench: Bench<Guard & Keeping>): readonly ContractCase[] {
  const { disturb, promise } = bench
  const later = (): number => bench.now() + 3600
  return [
    promise('leave keeps what is left, for the first alone, and look hands it back as it is', async (guard, same) => {
      const [name, other] = [fresh(), fresh()]
      same(await guard.look(name), undefined)
      same([await guard.leave(name, 'a', later()), await guard.leave(name, 'b', later())], ['first', 'taken'])
      await disturb()
      same([await guard.look(name), await guard.look(other)], ['a', undefined])
      same(await guard.leave(other, 'b', later()), 'first')
    }),

    promise(
      'leave and swap know the same envelope again: whoever asks once more gets the same answer',
      async (guard, same) => {
        const name = fresh()
        for (let times = 0; times < 2; times++) same(await guard.leave(name, 'a', later()), 'first')
        for (let times = 0; times < 2; times++) same(await guard.swap(name, 'a', 'b', later()), 'swapped')
        same(await guard.look(name), 'b')
      },
    ),

    promise('swap puts nothing in the place of what is not there', async (guard, same) => {
      const name = fresh()
      same([await guard.swap(name, 'a', 'b', later()), await guard.look(name)], ['other', undefined])
      await guard.leave(name, 'c', later())
      same([await guard.swap(name, 'a', 'b', later()), await guard.look(name)], ['other', 'c'])
    }),

    promise(
      'leave and swap let exactly one of all at once leave, and one of all at once replace it',
      async (guard, same) => {
        const name = fresh()
        const left = await Promise.all(
          Array.from({ length: bench.callers }, (_, one) => patiently(() => guard.leave(name, `l${one}`, later()))),
        )
        const first = left.indexOf('first')
        same([countOf(left, 'first'), await guard.look(name)], [1, `l${first}`])
        const swapped = await race(bench, (caller) => guard.swap(name, `l${first}`, `s${caller}`, later()))
        same([countOf(swapped, 'swapped'), await guard.look(name)], [1, `s${swapped.indexOf('swapped')}`])
      },
    ),

    promise('leave has nothing to do with what is spent or ended under the same name', async (guard, same) => {
      const name = fresh()
      await guard.leave(name, 'a', later())
      same([await guard.spend(name, later()), await guard.hasEnded([name])], ['first', false])
      await guard.end(name, later())
      same(await guard.look(name), 'a')
    }),
  ]
}

/** Returns the cases of `raise`. */
export function raisingCases(
  bench: Bench<Guard & Keeping & Raising>,
  has: Parts,
  tidy: () => Promise<unknown>,
): readonly ContractCase[] {
  const { disturb, promise, callers } = bench
  return [
    promise('raise only ever grows, tells the highest, and is never forgotten', async (guard, same) => {
      const [name, other] = [fresh(), fresh()]
      same([await guard.raise(name, 7), await guard.raise(name, 7), await guard.raise(name, 3)], [7, 7, 7])
      await disturb()
      await tidy()
      same([await guard.raise(name, 1), await guard.raise(other, 1)], [7, 1])
      // As numbers, and not as words.
      same([await guard.raise(name, 10), await guard.raise(name, 9)], [10, 10])
    }),

    promise('raise is exact up to 2^53 - 1, and takes nothing else', async (guard, same) => {
      const name = fresh()
      const most = Number.MAX_SAFE_INTEGER
      for (const number of [most - 2, most - 1, most]) same(await guard.raise(name, number), number)
      same(await guard.raise(name, most - 1), most)
      const wrong = [0, -1, 1.5, most + 1, Number.NaN, Number.POSITIVE_INFINITY, '8' as never]
      const calls = wrong.flatMap((number) =>
        [name, `${name} wrong`].map((one) => async () => guard.raise(one, number)),
      )
      same(
        await refusalsOf(calls),
        calls.map(() => 'threw'),
      )
      same([await guard.raise(name, 1), await guard.raise(`${name} wrong`, 1)], [most, 1])
    }),

    promise('raise tells each of all at once no less than its own, and at last the highest', async (guard, same) => {
      const name = fresh()
      const numberOf = (caller: number): number => ((caller * 37) % callers) + 1
      const told = await race(bench, (caller) => guard.raise(name, numberOf(caller)))
      const highest = Math.max(...told.map((_, caller) => numberOf(caller)))
      same(
        told.filter((number, caller) => number < numberOf(caller) || number > highest),
        [],
      )
      await disturb()
      same([told.includes(highest), await guard.raise(name, 1)], [true, highest])
    }),

    promise('raise has nothing to do with what is spent, left or ended under the same name', async (guard, same) => {
      const [name, later] = [fresh(), bench.now() + 3600]
      await guard.raise(name, 5)
      same([await guard.spend(name, later), await guard.hasEnded([name])], ['first', false])
      if (has.keeping) same([await guard.look(name), await guard.leave(name, '9', later)], [undefined, 'first'])
      await guard.end(name, later)
      same(await guard.raise(name, 4), 5)
      if (has.keeping) same(await guard.look(name), '9')
    }),
  ]
}
