/**
 * What a list of revocations promises of much of the same: a part of the contract.
 *
 * @module
 */

import type { Addition, RevocationEvent, Revocations } from '../stores/revocations.ts'
import { appOf, type Bundle, isRevoked, type Target } from '../token/revocations.ts'
import { type Bench, type ContractCase, fresh } from './contract.ts'
import { type Moment, momentOf } from './revocations_moment.ts'

/** An access token: how it is revoked, and what is asked of it then. */
interface Revoked {
  readonly addition: Addition
  readonly target: Target
}

/** Returns access tokens of one approval of one person at one client, and what many of them become. */
function tokensOf({ now, event, target }: Moment, sub: string, gid: string, count: number): readonly Revoked[] {
  const all = (kind: 'gid' | 'app', value: string): RevocationEvent => event(value, { kind, keep: now + 600 })
  const within = [all('gid', gid), all('app', appOf(sub, 'app'))]
  return Array.from({ length: count }, () => {
    const jti = fresh()
    const addition: Addition = { ...event(jti, { kind: 'jti', keep: now + 600 }), by: 'approval', within }
    return { addition, target: { ...target(sub), jti, gid } }
  })
}

/** Returns how many events a bundle has. */
function sizeOf({ events }: Bundle): number {
  return Object.values(events).reduce((sum, some) => sum + Object.keys(some).length, 0)
}

/** Returns the tokens that a bundle does not hit, though all of them were revoked. */
function missedBy(bundle: Bundle, tokens: readonly Revoked[]): number {
  return tokens.filter(({ target }) => !isRevoked(bundle, target)).length
}

/** Returns the cases of much of the same: so many events become one, and so many are taken on the word of one client. */
export function foldingCases(bench: Bench<Revocations>, group: number, most: number): readonly ContractCase[] {
  const { disturb, promise } = bench
  return [
    promise(
      'much of one grant becomes one event, which hits all of it, nothing later, and no refresh token',
      async (list, same) => {
        const moment = momentOf(bench.now())
        const { now, target } = moment
        const read = (what: 'access tokens' | 'anything' = 'access tokens') => list.read(now, what, true)
        const [sub, gid, before] = [fresh(), fresh(), sizeOf(await read())]
        const tokens = tokensOf(moment, sub, gid, group + 1)
        for (const { addition } of tokens.slice(1)) await list.add(addition, now)
        same(sizeOf(await read()) - before, group)
        for (const { addition } of tokens.slice(0, 1)) await list.add(addition, now)
        await disturb()
        const bundle = await read()
        same([sizeOf(bundle) - before, missedBy(bundle, tokens)], [1, 0])
        for (const alive of [{ iat: now + 1 }, { gid: fresh() }])
          same(isRevoked(bundle, { ...target(sub), gid, jti: fresh(), ...alive }), false)
        same(isRevoked(await read('anything'), { ...target(sub), gid }), false)
      },
    ),

    promise('much of one person at one client becomes one event, and nobody else is hit', async (list, same) => {
      const moment = momentOf(bench.now())
      const { now, target } = moment
      const read = () => list.read(now, 'access tokens', true)
      const [sub, before] = [fresh(), sizeOf(await read())]
      const tokens = Array.from({ length: group + 1 }, () => tokensOf(moment, sub, fresh(), 1)).flat()
      for (const { addition } of tokens) await list.add(addition, now)
      const bundle = await read()
      same([sizeOf(bundle) - before, missedBy(bundle, tokens)], [1, 0])
      for (const alive of [{ iat: now + 1 }, { sub: fresh() }, { client_id: 'another' }])
        same(isRevoked(bundle, { ...target(sub), jti: fresh(), ...alive }), false)
    }),

    promise('much of the same at once never stays more than a few, and all of it is hit', async (list, same) => {
      const moment = momentOf(bench.now())
      const read = () => list.read(moment.now, 'access tokens', true)
      const [sub, before] = [fresh(), sizeOf(await read())]
      const tokens = Array.from({ length: 20 }, () => tokensOf(moment, sub, fresh(), 5)).flat()
      await Promise.all(tokens.map(({ addition }) => list.add(addition, moment.now)))
      const bundle = await read()
      same([sizeOf(bundle) - before <= group + 1, missedBy(bundle, tokens)], [true, 0])
    }),

    promise('what takes the place of many reaches as far as the furthest of them', async (list, same) => {
      const moment = momentOf(bench.now())
      const { now, target } = moment
      const sub = fresh()
      const tokens = tokensOf(moment, sub, fresh(), group + 1)
      for (const { addition } of tokens) await list.add({ ...addition, until: now + 900, keep: now + 7200 }, now)
      const hits = async (at: number, what: 'access tokens' | 'anything'): Promise<boolean> =>
        isRevoked(await list.read(at, what, true), { ...tokens[0]?.target, ...target(sub) })
      same([await hits(now + 899, 'access tokens'), await hits(now + 900, 'access tokens')], [true, false])
      same([await hits(now + 7199, 'anything'), await hits(now + 7200, 'anything')], [true, false])
    }),

    promise(
      'what takes the place of many hits what each was to hit, though the clock of who wrote the last is behind',
      async (list, same) => {
        const behind = momentOf(bench.now())
        const sub = fresh()
        const [one, other] = [fresh(), fresh()]
        const of = (clock: number, gid: string, count: number) => tokensOf(momentOf(clock), sub, gid, count)
        const ahead = behind.now + 11
        const elsewhere = Array.from({ length: group - 1 }, () => of(behind.now, fresh(), 1)).flat()
        // All of one grant becomes one event; then all of the person, which takes that one's place, too.
        const tokens = [...of(ahead, one, group), ...of(behind.now, one, 1), ...elsewhere, ...of(behind.now, other, 1)]
        for (const { addition } of tokens) await list.add(addition, behind.now)
        await disturb()
        const bundle = await list.read(behind.now, 'access tokens', true)
        same(missedBy(bundle, tokens), 0)
        same(isRevoked(bundle, { ...behind.target(sub), jti: fresh(), iat: behind.now + 12 }), false)
      },
    ),

    promise(
      'much on the word of one client that does not fold is refused at last, and no other client with it',
      async (list, same) => {
        const { now, event } = momentOf(bench.now())
        const read = () => list.read(now, 'access tokens', true)
        const [client, jti] = [fresh(), fresh()]
        const say = async (value: string, by = client): Promise<boolean> =>
          (await list.add({ ...event(value, { kind: 'jti', keep: now + 600 }), by: { client: by } }, now)).added
        same(await say(jti), true)
        const many = await Promise.all(Array.from({ length: most - 1 }, () => say(fresh())))
        same(many.filter((added) => !added).length, 0)
        const { seq } = await read()
        const refused = await list.add({ ...event(fresh(), { kind: 'jti', keep: now + 600 }), by: { client } }, now)
        same(refused, { added: false, why: 'the client has revoked too much' })
        same((await read()).seq, seq)
        same([await say(jti), await say(fresh(), fresh())], [true, true])
        // What is over makes room.
        const later = { ...event(fresh(), { kind: 'jti', until: now + 900, keep: now + 900 }), by: { client } }
        same((await list.add(later, now + 600)).added, true)
      },
    ),
  ]
}
