/**
 * The guard of an issuer on Workers: many Durable Objects, each name at home in one of them.
 *
 * @module
 */

import { homeIn } from '../token/home.ts'
import { type Advance, checkRaised, type Guard, type Keeping, type Raising, type Sparing, type Step } from './guard.ts'
import { StoreError } from './store_error.ts'

/** What a stub of the guard's object can be asked; see `GuardObject`. */
export interface GuardStub {
  spend(id: string, expiresAt: number, attempt: string, deadline: number): Promise<'first' | 'spent' | 'late'>
  advance(step: Step, deadline: number, attempt?: string): Promise<Advance | 'late'>
  end(id: string, expiresAt: number): Promise<void>
  hasEnded(ids: readonly string[]): Promise<boolean>
  leave(name: string, envelope: string, expiresAt: number, deadline: number): Promise<'first' | 'taken' | 'late'>
  look(name: string): Promise<string | undefined>
  swap(
    name: string,
    before: string,
    after: string,
    expiresAt: number,
    deadline: number,
  ): Promise<'swapped' | 'other' | 'late'>
  raise(name: string, number: number, deadline: number): Promise<number | 'late'>
  /** An object of a version before has it not, nor the next. */
  spendUnlessEnded(
    id: string,
    expiresAt: number,
    unless: readonly string[],
    attempt: string,
    deadline: number,
  ): Promise<'first' | 'spent' | 'ended' | 'late'>
  advanceUnlessEnded(
    step: Step,
    unless: readonly string[],
    deadline: number,
    attempt: string,
  ): Promise<Advance | 'late'>
}

/** The binding of the guard's objects. */
export interface GuardNamespace {
  getByName(name: string, options?: { readonly locationHint?: string }): GuardStub
  /** Returns the objects that run and remember inside a jurisdiction alone; the same name is another object there. */
  jurisdiction?(name: string): GuardNamespace
}

/** Where the homes of a region are. */
export interface RegionPlace {
  /** Where they run and remember, and nowhere else. It can never change: a name would move to another object. */
  readonly jurisdiction?: string
  /** Near where they are made when they are first asked for. */
  readonly locationHint?: string
}

/** How many objects there are for names that say no home. It can never change: a name would move to another object. */
const SHARDS = 256

/** Milliseconds after which an object must not spend any more for this request. */
const PATIENCE = 1400

/**
 * Returns the object of a name: that of its home; without one by its hash (FNV-1a), for the names are random, or their caller's own
 * loss.
 */
function shardOf(id: string): string {
  const home = homeIn(id)
  if (home !== undefined) return `home-${home.text}`
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0
  return `guard-${hash % SHARDS}`
}

/** Returns a name as it lies in an object: no two are written alike, be they no Unicode at all. */
function written(id: string): string {
  return id.isWellFormed() ? id : JSON.stringify(id)
}

/** What a Durable Object's failure says of itself. */
interface Failure {
  readonly retryable?: boolean
  readonly overloaded?: boolean
  readonly durableObjectReset?: boolean
}

/** Returns a failure in words of ours: an object that was moved or restarted, or of which too many want something. */
function toStoreError(error: unknown): unknown {
  const { retryable, overloaded, durableObjectReset } = error as Failure
  if (overloaded === true) return new StoreError('contention', 'an object is overloaded', { cause: error })
  const isLost = retryable === true || durableObjectReset === true
  return isLost ? new StoreError('connection', 'an object was moved or restarted', { cause: error }) : error
}

/**
 * Tells whether an object is of a version that cannot do what it was asked, as in a deployment that is under way: nothing was done. As
 * one more argument of `spend` it would have been passed over, and what has ended spent.
 */
function isUnknownThere(error: unknown): boolean {
  return error instanceof TypeError && error.message.includes('does not implement')
}

/** What the guard takes from the edge. */
export interface DurableObjectGuardOptions {
  /** Makes a name for an attempt. */
  readonly newId: () => string
  /** Returns Unix milliseconds. */
  readonly clock: () => number
  /** The regions that have homes of their own, by their names. Default: none. */
  readonly regions?: Readonly<Record<string, RegionPlace>>
}

/**
 * Returns a guard over Durable Objects.
 *
 * A call that failed because its object was moved or restarted is tried once more, on a new stub; never one that failed
 * by overload. Both tries are the same attempt, so that what the first one did is not held against the second.
 */
export function createDurableObjectGuard(
  namespace: GuardNamespace,
  options: DurableObjectGuardOptions,
): Guard & Keeping & Raising & Sparing {
  const { newId, clock, regions = {} } = options

  /** @throws {RangeError} for a region that nobody configured: no artefact of it is opened, so it is a fault of ours */
  function stubOf(id: string): GuardStub {
    const region = homeIn(id)?.region
    if (region === undefined) return namespace.getByName(shardOf(id))
    const place = Object.hasOwn(regions, region) ? regions[region] : undefined
    if (place === undefined) throw new RangeError('a home of a region that is not configured')
    const { jurisdiction, locationHint } = place
    const within = jurisdiction === undefined ? namespace : namespace.jurisdiction?.(jurisdiction)
    if (within === undefined) throw new RangeError('Durable Objects without jurisdictions')
    return within.getByName(shardOf(id), locationHint === undefined ? {} : { locationHint })
  }

  async function ask<Answer>(
    id: string,
    call: (stub: GuardStub, name: string, deadline: number) => Promise<Answer | 'late'>,
    deadline = clock() + PATIENCE,
  ): Promise<Answer> {
    const name = written(id)
    const once = async (): Promise<Answer> => {
      const stub = stubOf(id)
      const answer = await call(stub, name, deadline).catch((error) => Promise.reject(toStoreError(error)))
      if (answer === 'late') throw new StoreError('late', 'an object was asked too late')
      return answer as Answer
    }
    try {
      return await once()
    } catch (error) {
      if (!(error instanceof StoreError && error.reason === 'connection')) throw error
      return once()
    }
  }

  /** Asks each home once, for all that lies there. */
  async function hasEnded(ids: readonly string[]): Promise<boolean> {
    const asked = [...Map.groupBy(ids, shardOf).values()].map((names) =>
      ask<boolean>(names[0] ?? '', (stub) => stub.hasEnded(names.map(written))),
    )
    return (await Promise.all(asked)).includes(true)
  }

  /**
   * Changes what lies under a name, unless one of some others has ended. Those at its home are asked there, at once; those elsewhere
   * before, and nothing is changed until they have answered: else what is refused then would be spent.
   *
   * @param alone changes it at a home where nothing else is to be asked
   */
  async function unlessEnded<Answer>(
    id: string,
    unless: readonly string[],
    atOnce: (near: readonly string[], deadline: number) => Promise<Answer>,
    alone: (deadline: number) => Promise<Answer>,
  ): Promise<Answer | 'ended'> {
    const deadline = clock() + PATIENCE
    const isNear = (name: string): boolean => shardOf(name) === shardOf(id)
    const near = unless.filter(isNear)
    if (await hasEnded(unless.filter((name) => !isNear(name)))) return 'ended'
    if (near.length === 0) return alone(deadline)
    try {
      return await atOnce(near.map(written), deadline)
    } catch (error) {
      if (!isUnknownThere(error)) throw error
      return (await hasEnded(near)) ? 'ended' : alone(deadline)
    }
  }

  return {
    spend(id, expiresAt) {
      const attempt = newId()
      return ask(id, (stub, name, deadline) => stub.spend(name, expiresAt, attempt, deadline))
    },
    advance(step) {
      const attempt = newId()
      return ask(step.gid, (stub, gid, deadline) => stub.advance({ ...step, gid }, deadline, attempt))
    },
    end: (id, expiresAt) => ask<void>(id, (stub, name) => stub.end(name, expiresAt)),
    hasEnded,
    spendUnlessEnded(id, expiresAt, unless) {
      const attempt = newId()
      return unlessEnded(
        id,
        unless,
        (near, deadline) =>
          ask(id, (stub, name) => stub.spendUnlessEnded(name, expiresAt, near, attempt, deadline), deadline),
        (deadline) => ask(id, (stub, name) => stub.spend(name, expiresAt, attempt, deadline), deadline),
      )
    },
    async advanceUnlessEnded(step, unless) {
      const attempt = newId()
      const answer = await unlessEnded<Advance>(
        step.gid,
        unless,
        (near, deadline) =>
          ask(step.gid, (stub, gid) => stub.advanceUnlessEnded({ ...step, gid }, near, deadline, attempt), deadline),
        (deadline) => ask(step.gid, (stub, gid) => stub.advance({ ...step, gid }, deadline, attempt), deadline),
      )
      return answer === 'ended' ? { outcome: 'ended' } : answer
    },
    leave: (id, envelope, expiresAt) =>
      ask(id, (stub, name, deadline) => stub.leave(name, envelope, expiresAt, deadline)),
    look: (id) => ask(id, (stub, name) => stub.look(name)),
    swap: (id, before, after, expiresAt) =>
      ask(id, (stub, name, deadline) => stub.swap(name, before, after, expiresAt, deadline)),
    async raise(id, number) {
      checkRaised(number)
      return ask<number>(id, (stub, name, deadline) => stub.raise(name, number, deadline))
    },
  }
}
