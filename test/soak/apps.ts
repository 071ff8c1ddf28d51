/**
 * Apps by which people log in: each in several processes, which share what they were given, refresh it, retry what was lost, and begin anew where they
 * are told to.
 *
 * @module
 */

import type { Prover } from '../parties/dpop.ts'
import { VERIFIER } from '../parties/person.ts'
import { askEnd, askToken, insist, requestOf, type TokenHeard, type World } from './asking.ts'
import type { Chance } from './chance.ts'
import { nameOf } from './history.ts'
import type { Person } from './people.ts'
import { ACCESS_LIFE, type Client } from './settings.ts'

/** Milliseconds after which an approval is refreshed: longer than an answer can be under way, so that what is late is not two behind. */
const REFRESH_AFTER = 15_000

/** What came of one approval. */
interface Family {
  readonly of: readonly string[]
  refresh: string
  /** When it was last refreshed, by the history's clock. */
  since: number
  isGone: boolean
}

/** An app. */
export interface AppChoice {
  readonly client: Client
  /** How many processes of it there are. */
  readonly processes: number
  /** How many approvals it has at once. */
  readonly most: number
  /** The key that it proves. Default: none. */
  readonly prover?: Prover
  /** Whether the previous version does not know it. Default: false. */
  readonly isNew?: boolean
}

/** What an app does. */
export interface App {
  /** Takes over what a person let it have, in some other way. */
  adopt(tokens: TokenHeard, of: readonly string[]): Promise<void>
  /** Whether it has room for another approval. */
  hasRoom(): boolean
  /** Does one thing that is due, as a process of it. */
  step(process: number, chance: Chance): Promise<void>
  /** Whether it begins anew by itself: nobody else hands it what it goes on with. */
  readonly begins: boolean
  /** What a process of it is called. */
  readonly byOf: (process: number) => string
  /** Tells whether its client is refused: then it is of no use any more. */
  isRefused(): boolean
}

/** Returns an app, and the people who use it; nobody where it gets its approvals in some other way. */
export function createApp(world: World, choice: AppChoice, people: readonly Person[]): App {
  const { client, processes, most, prover, isNew = false } = choice
  const { recorder } = world
  const families: Family[] = []
  let starting = 0
  let isRefused = false
  /** A client of the settings is never refused for good; one that walked in is told so, and registers anew. */
  const isWalkIn = client.id.startsWith('dcr.')
  const byOf = (process: number): string => `${isWalkIn ? 'walk-in' : client.id}/${process}`

  async function keep({ access, at }: TokenHeard, of: readonly string[]): Promise<void> {
    if (access === undefined) return
    world.seen.push({ token: access, name: await nameOf(access), prover, of, end: at + ACCESS_LIFE * 1000 })
  }

  async function adopt(tokens: TokenHeard, of: readonly string[]): Promise<void> {
    await keep(tokens, of)
    if (tokens.refresh === undefined) return
    const family = { of, refresh: tokens.refresh, since: recorder.now(), isGone: false }
    families.push(family)
  }

  async function begin(process: number, chance: Chance): Promise<void> {
    const person = chance.pick(people)
    const approval = await person.approve(client, isNew)
    if (approval === undefined) return
    const { code, session } = approval
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
    const isStolen = chance.oneIn(12)
    if (isStolen) world.loot.push({ grant: 'authorization_code', shown: code, client, isNew })
    const redeem = () =>
      insist(world, chance, () =>
        askToken(world, { by: byOf(process), client, grant: 'authorization_code', form, shown: code, prover, isNew }),
      )
    // Some redeem a code twice at once, and lose both answers (docs/guides/clients.md#authorization).
    const [heard] = await Promise.all(chance.oneIn(10) ? [redeem(), redeem()] : [redeem()])
    if (heard?.status === 401) isRefused = isWalkIn
    if (heard?.status === 200) await adopt(heard, [person.name, session, await nameOf(code)])
  }

  /** Refreshes as one process: with what is the newest at that moment, until it has an answer, or another process has. */
  async function refresh(family: Family, process: number, chance: Chance): Promise<void> {
    const shown = family.refresh
    const heard = await insist(world, chance, async () => {
      if (family.refresh !== shown || family.isGone) return undefined
      const form = { grant_type: 'refresh_token', refresh_token: shown }
      return askToken(world, { by: byOf(process), client, grant: 'refresh_token', form, shown, prover, isNew })
    })
    if (heard === undefined) return
    if (heard.status === 200) {
      await keep(heard, family.of)
      if (family.refresh !== shown) return
      family.refresh = heard.refresh ?? shown
      family.since = recorder.now()
      if (chance.oneIn(8)) world.loot.push({ grant: 'refresh_token', shown: family.refresh, client, isNew })
    } else if (heard.status === 401) isRefused = isWalkIn
    else if (family.refresh === shown && heard.status === 400) leave(family)
  }

  function leave(family: Family): void {
    family.isGone = true
    const at = families.indexOf(family)
    if (at >= 0) families.splice(at, 1)
  }

  async function revoke(family: Family, process: number, chance: Chance): Promise<void> {
    const { refresh: token, of } = family
    const line = { by: byOf(process), how: 'revoke', of: await nameOf(token) } as const
    const heard = await insist(world, chance, () =>
      askEnd(world, requestOf(world, 'revoke', client, { token }), line, isNew),
    )
    leave(family)
    if (heard?.status !== 200) return
    world.suspects.add(of.at(-1) ?? '')
    // Whether it has really ended: whoever shows it now is no honest client.
    const form = { grant_type: 'refresh_token', refresh_token: token }
    if (chance.oneIn(2))
      await askToken(world, {
        ...{ by: byOf(process), client, grant: 'refresh_token', form, shown: token, prover, isNew, isThief: true },
      })
  }

  async function step(process: number, chance: Chance): Promise<void> {
    // When it is over, whoever asked in vain asks once more for something that nobody has.
    if (world.isOver()) return people.length > 0 ? begin(process, chance) : undefined
    const due = families.filter(({ since }) => recorder.now() - since > REFRESH_AFTER)
    if (due.length > 0) {
      const family = chance.pick(due)
      const together = chance.oneIn(3) ? processes : 1
      const all = Array.from({ length: together }, (_, other) => (process + other) % processes)
      await Promise.all(all.map((other) => refresh(family, other, chance)))
    } else if (families.length > 0 && chance.oneIn(150)) await revoke(chance.pick(families), process, chance)
    else if (people.length > 0 && families.length + starting < most) {
      starting++
      await begin(process, chance).finally(() => {
        starting--
      })
    }
  }

  return {
    adopt,
    begins: people.length > 0,
    byOf,
    hasRoom: () => families.length < most,
    step,
    isRefused: () => isRefused,
  }
}

/** Runs all processes of an app until it is over, or it is of no use. */
export async function runApp(world: World, choice: AppChoice, app: App, name: string): Promise<void> {
  await Promise.all(
    Array.from({ length: choice.processes }, async (_, process) => {
      const chance = world.chance(`${name}/${process}`)
      while ((app.begins ? world.goesOn(app.byOf(process)) : !world.isOver()) && !app.isRefused()) {
        await world.pause(chance.integer(400, 2400))
        await app.step(process, chance)
      }
    }),
  )
}
