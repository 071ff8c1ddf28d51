/**
 * A refresh family among people: a holder with processes that share their store of the refresh token or do not, a thief, answers that
 * get lost, a logout, a revocation, and clocks.
 *
 * @module
 */

import type { Machine, Move } from './explore.ts'
import { brokenBy, NO_STORY, PROMISES, type Promised, type Story, toldAlso } from './promises.ts'
import { type Branch, NEW_BRANCH, type Rule } from './rule.ts'

/** Who there is, and what may happen. */
export interface Protocol {
  readonly processes: number
  /** Whether the processes keep the refresh token in one place, or each its own. */
  readonly store: 'shared' | 'own'
  /**
   * A `patient` holder refreshes when the access token has run out, and by then nothing of the last time is on its way; where an answer was
   * lost it asks again within the grace. `any` asks at any time, and each machine's clock says anything.
   */
  readonly holder: 'patient' | 'any'
  /** Whether the holder may come to have a key. */
  readonly key: boolean
  readonly thief: boolean
  /** Whether a person may log out, and an operator revoke. */
  readonly endings: boolean
  /** Whether a guard is asked first whether a session has ended, and moves the family when it has answered: not at once. */
  readonly looks: boolean
  /** Whether nothing may be given after a logout even to who was asked for before it. Default true. */
  readonly isStrict?: boolean
  /** Whether the answer of the store may get lost on its way to the issuer, which asks once more, by the same attempt. */
  readonly unheard: boolean
  readonly grace: number
  readonly uses: number
  /** What a machine's clock may say, where the holder is any. */
  readonly clock: readonly number[]
  /** Seconds that machines' clocks differ from the true time, where the holder is patient. */
  readonly skew: number
}

/** A refresh token: its generation, and the key that it is bound to. */
interface Token {
  readonly generation: number
  readonly key: string
}

/** A process of the holder, and where it is with its request. */
interface Process {
  readonly at: 'idle' | 'asked' | 'looked' | 'unheard' | 'told'
  readonly shown: Token
  readonly by: string
  /** What it is told; the same as `shown` where that was refused. */
  readonly told: Token
  /** Whether this very attempt made the family what it is. */
  readonly isLast: boolean
  /** Whether an answer to it got lost, and none came since. */
  readonly isOwed: boolean
}

/** All that is. */
export interface World {
  readonly branch: Branch
  readonly story: Story
  readonly isLoggedOut: boolean
  readonly now: number
  readonly isDue: boolean
  readonly hasKey: boolean
  /** What the holder keeps: one for all, or one for each process. */
  readonly kept: readonly Token[]
  readonly processes: readonly Process[]
  readonly loot: readonly Token[]
}

/** From here on generations are counted anew. */
const HIGHEST = 2

const [OWNER, THIEF] = ['owner', 'thief'] as const
const FIRST: Token = { generation: 0, key: '' }
const IDLE: Process = { at: 'idle', shown: FIRST, by: '', told: FIRST, isLast: false, isOwed: false }

const nameOfToken = ({ generation, key }: Token): string => `${generation}${key.slice(0, 1)}`
const nameOfProcess = ({ at, shown, by, told, isLast, isOwed }: Process): string =>
  at === 'idle'
    ? `-${isOwed ? '?' : ''}`
    : `${at.slice(0, 2)}${nameOfToken(shown)}${by.slice(0, 1)}${at === 'told' ? nameOfToken(told) : ''}${isLast ? '!' : ''}`
const unique = (tokens: readonly Token[]): readonly Token[] => [
  ...new Map(tokens.map((token) => [nameOfToken(token), token])).values(),
]
const isSame = (one: Token, other: Token): boolean => one.generation === other.generation && one.key === other.key

/** Returns the machine of a protocol, by a rule. */
export function createProtocol(protocol: Protocol, rule: Rule): Machine<World> {
  const { grace, uses, store, holder, skew } = protocol
  const isPatient = holder === 'patient'

  /** Counts generations and time anew: of a token nobody can tell more than that it is older than the one before. */
  function counted(world: World): World {
    const { branch, story, now } = world
    const isOver = branch.isOver && story.isOver
    if (!isPatient && !isOver && branch.newest <= HIGHEST) return world
    const down = Math.max(0, branch.newest - HIGHEST)
    const lower = (token: Token): Token =>
      down === 0 ? token : { ...token, generation: Math.max(token.generation - down, 0) }
    const since = !isPatient ? 0 : branch.newest === 0 ? now : branch.born
    // What is over has no time any more, and before the first there is none.
    const times = (born: number) => ({
      born: isOver || branch.newest === 0 ? 0 : born - since,
      ...(isOver && { key: '' }),
    })
    return {
      ...world,
      now: isOver || !isPatient ? 0 : Math.min(now - since, grace + 1 + skew),
      branch: { ...branch, newest: branch.newest - down, ...times(branch.born) },
      story: { ...story, newest: story.newest - down, ...times(story.born) },
      kept: world.kept.map(lower),
      processes: world.processes.map((one) => ({ ...one, shown: lower(one.shown), told: lower(one.told) })),
      loot: unique(world.loot.map(lower)),
    }
  }

  const placeOf = (index: number): number => (store === 'shared' ? 0 : index)
  const keptBy = ({ kept }: World, index: number): Token => kept[placeOf(index)] ?? FIRST
  const withProcess = (world: World, index: number, process: Process): World => ({
    ...world,
    processes: world.processes.map((one, at) => (at === index ? process : one)),
  })
  /** Nothing is on its way, and the holder waits for no answer. */
  const isSettled = ({ processes, kept, branch }: World): boolean =>
    processes.every(({ at, isOwed }) => at === 'idle' && !isOwed) &&
    (store === 'own' || kept.every(({ generation }) => generation === branch.newest))

  /** Returns what the issuer makes of a refresh token that somebody shows. */
  function serve(world: World, shown: Token, by: string, now: number, asks: { isLast: boolean; hasLooked: boolean }) {
    const refused = { world, told: shown, isChanged: false, broken: undefined, verdict: undefined }
    const isGone = world.isLoggedOut && !asks.hasLooked
    if (shown.key !== '') {
      // Bound from the start it does not rotate: its key is proved, and it is asked whether it has ended.
      if (shown.key !== by || isGone || world.branch.isOver) return refused
      return { ...refused, ...broken(world, world.story.isOver ? 'over' : undefined, asks) }
    }
    if (isGone) return refused
    if (asks.isLast) {
      if (world.branch.isOver) return refused
      return { ...refused, told: { generation: world.branch.newest, key: by }, ...broken(world, undefined, asks) }
    }
    const showing = { generation: shown.generation, key: by, now, grace, uses }
    const { branch, verdict } = rule(world.branch, showing)
    const isGiven = verdict === 'next' || verdict === 'again'
    const isChanged = isGiven || verdict === 'end'
    const processes = isChanged ? world.processes.map((one) => ({ ...one, isLast: false })) : world.processes
    const after = { ...world, branch, story: toldAlso(world.story, showing, verdict), processes }
    const first = brokenBy(world.story, showing, verdict)
    const told = isGiven ? { generation: shown.generation + 1, key: by } : shown
    return { world: after, told, isChanged, verdict, ...(isGiven ? broken(world, first, asks) : { broken: first }) }
  }

  function broken({ isLoggedOut }: World, first: Promised | undefined, asks: { hasLooked: boolean }) {
    const isLate = isLoggedOut && (!asks.hasLooked || protocol.isStrict !== false)
    return { broken: first ?? (isLate ? 'revoked' : undefined) } as const
  }

  /** An honest holder to whom nothing was done but that answers got lost. */
  const isHonest = isPatient && !protocol.thief && !protocol.endings

  function* decided(world: World, index: number): Generator<Move<World>> {
    const process = world.processes[index] ?? IDLE
    const asks = { isLast: process.isLast, hasLooked: process.at === 'looked' || (protocol.looks && process.isLast) }
    const clocks = isPatient
      ? Array.from({ length: 2 * skew + 1 }, (_, at) => world.now - skew + at)
      : process.shown.key !== '' || asks.isLast
        ? [0]
        : protocol.clock
    for (const now of clocks) {
      const served = serve(world, process.shown, process.by, now, asks)
      const isLost =
        isHonest && served.verdict !== 'enough' && isSame(served.told, process.shown) && process.shown.key === ''
      const promise = served.broken ?? (isLost ? 'honest' : undefined)
      const outcome = served.verdict ?? (isSame(served.told, process.shown) ? 'as it was' : 'again')
      const label = `the guard decides for ${index} at ${now}: ${outcome}`
      const told: Process = { ...process, at: 'told', told: served.told, isLast: false }
      const move = { label, broken: promise && PROMISES[promise] }
      // Who is refused for having come too often waits, or logs in anew: nobody can do more for him.
      if (isPatient && served.verdict === 'enough' && promise === undefined) continue
      yield { ...move, world: withProcess(served.world, index, told) }
      if (!protocol.unheard || process.at === 'unheard' || served.verdict === undefined) continue
      const unheard: Process = { ...process, at: 'unheard', isLast: served.isChanged }
      yield {
        ...move,
        label: `${label}, and the issuer does not hear`,
        world: withProcess(served.world, index, unheard),
      }
    }
  }

  function* byProcess(world: World, index: number): Generator<Move<World>> {
    const process = world.processes[index] ?? IDLE
    const { at, shown, told } = process
    const kept = keptBy(world, index)
    if (at === 'idle' && (!isPatient || world.isDue)) {
      const by = kept.key !== '' || world.hasKey ? OWNER : ''
      const asked: Process = { at: 'asked', shown: kept, by, told: kept, isLast: false, isOwed: false }
      yield { label: `${index} asks with ${nameOfToken(kept)}`, world: withProcess(world, index, asked) }
    }
    if (at === 'asked' && protocol.looks && shown.key === '') {
      const isOver = world.isLoggedOut || world.branch.isOver
      const after: Process = isOver ? { ...process, at: 'told' } : { ...process, at: 'looked' }
      yield { label: `the guard is asked first for ${index}`, world: withProcess(world, index, after) }
    } else if (at === 'asked' || at === 'looked' || at === 'unheard') yield* decided(world, index)
    if (at !== 'told') return
    const lost = { ...IDLE, isOwed: isPatient && store === 'own' }
    yield { label: `the answer to ${index} gets lost`, world: withProcess(world, index, lost) }
    if (isSame(told, shown) && told.key === '') return
    const place = placeOf(index)
    const heard = { ...world, isDue: false, kept: world.kept.map((one, other) => (other === place ? told : one)) }
    yield { label: `${index} hears ${nameOfToken(told)}`, world: withProcess(heard, index, IDLE) }
  }

  function* byThief(world: World): Generator<Move<World>> {
    const has = new Set(world.loot.map(nameOfToken))
    const known = (before: World, token: Token): World => ({ ...before, loot: unique([...before.loot, token]) })
    // What is bound to the owner's key he may have, too, and can prove nothing.
    const onTheWay = world.processes.filter(({ at }) => at !== 'idle').flatMap(({ shown, told }) => [shown, told])
    for (const token of [...world.kept, ...onTheWay])
      if (token.key !== OWNER && !has.has(nameOfToken(token)))
        yield { label: `the thief copies ${nameOfToken(token)}`, world: known(world, token) }
    for (const token of world.loot) {
      for (const by of token.key === '' ? ['', THIEF] : [THIEF]) {
        for (const now of isPatient ? [world.now] : token.key === '' ? protocol.clock : [0]) {
          const served = serve(world, token, by, now, { isLast: false, hasLooked: false })
          const label = `the thief shows ${nameOfToken(token)} at ${now} (key: ${by || 'none'}): ${served.verdict ?? 'as it was'}`
          const after = isSame(served.told, token) ? served.world : known(served.world, served.told)
          yield { label, world: after, broken: served.broken && PROMISES[served.broken] }
        }
      }
    }
  }

  function* byOthers(world: World): Generator<Move<World>> {
    const { branch, story } = world
    const settled = isSettled(world)
    if (protocol.key && !world.hasKey && (!isPatient || settled))
      yield { label: 'the holder makes itself a key', world: { ...world, hasKey: true } }
    if (isPatient && settled && !world.isDue)
      yield { label: 'the access token runs out', world: { ...world, isDue: true } }
    if (isPatient && (settled || world.now + 1 - branch.born <= grace - 2 * skew))
      yield { label: 'a second passes', world: { ...world, now: world.now + 1 } }
    if (!protocol.endings) return
    yield { label: 'the person logs out', world: { ...world, isLoggedOut: true } }
    const ended = { branch: { ...branch, isOver: true }, story: { ...story, isOver: true } }
    const processes = world.processes.map((one) => ({ ...one, isLast: false }))
    yield { label: 'an operator revokes the grant', world: { ...world, ...ended, processes } }
  }

  function nameOf({ branch, story, isLoggedOut, now, isDue, hasKey, kept, processes, loot }: World): string {
    const flags = `${isLoggedOut ? 1 : 0}${isDue ? 1 : 0}${hasKey ? 1 : 0}`
    const all = processes.map(
      (one, at) => `${nameOfProcess(one)}${store === 'own' ? nameOfToken(kept[at] ?? FIRST) : ''}`,
    )
    const has = loot.map(nameOfToken).sort().join()
    const place = store === 'own' ? '' : kept.map(nameOfToken).join()
    // Processes are alike.
    const family = `${branch.newest},${branch.born},${branch.key},${branch.returns},${branch.isOver}`
    const told = `${story.newest},${story.born},${story.key},${story.came},${story.isOver}`
    return `${family} ${told} ${now} ${flags} ${place} ${has} ${all.sort().join(' ')}`
  }

  return {
    start: {
      branch: NEW_BRANCH,
      story: NO_STORY,
      isLoggedOut: false,
      now: 0,
      isDue: true,
      hasKey: false,
      kept: Array.from({ length: store === 'own' ? protocol.processes : 1 }, () => FIRST),
      processes: Array.from({ length: protocol.processes }, () => IDLE),
      loot: [],
    },
    moves: (world) =>
      [
        ...world.processes.flatMap((_, index) => [...byProcess(world, index)]),
        ...(protocol.thief ? byThief(world) : []),
        ...byOthers(world),
      ].map((move) => ({ ...move, world: counted(move.world) })),
    nameOf,
  }
}
