/**
 * The request under way: what its lines of the log and its events have in common, wherever in the house they are written.
 *
 * @module
 */

import type { Draw } from '../randomness.ts'
import type { WaitUntil } from '../wait_until.ts'
import type { EventFacts, IssuerEvent } from './event.ts'
import type { Waits } from './waits.ts'

/** A request under way. */
export interface RequestScope {
  /** What it is called, in its answer, its lines of the log and its events. */
  readonly id: string
  /** Where Cloudflare answers it, in three letters. */
  readonly colo: string | undefined
  /** When it came. Unix milliseconds. */
  readonly began: number
  /** What is known of it so far: each event of it says so from then on. */
  known: EventFacts
  /** Its randomness. */
  draw: Draw
  /** Its events that wait for the answer; nothing once that is there. */
  waiting: IssuerEvent[] | undefined
  /** Returns what the operator wants to see of it again. */
  readonly credentials: () => Readonly<Record<string, unknown>> | undefined
  readonly waits: Waits
  readonly waitUntil: WaitUntil
}

/** What follows a request through all that it awaits (`AsyncLocalStorage` of `node:async_hooks`). */
interface Following<Value> {
  run<Result>(value: Value, run: () => Result): Result
  getStore(): Value | undefined
}

/** A runtime that knows how to follow requests: as a global, as edge runtimes have it, or as a module of Node. */
interface Runtime {
  readonly AsyncLocalStorage?: new <Value>() => Following<Value>
  readonly process?: { getBuiltinModule?(name: string): Runtime | undefined }
}

/** Follows requests. */
export interface RequestScopes {
  /** Whether the runtime can tell which request is under way. */
  readonly isFollowing: boolean
  /** Returns the request under way; nothing beside all of them, and where the runtime cannot tell. */
  current(): RequestScope | undefined
  /** Runs what answers a request. */
  within<Result>(scope: RequestScope, run: () => Result): Result
}

/** Where the runtime follows nothing: no line tells of which request it is. */
const UNFOLLOWED: RequestScopes = { isFollowing: false, current: () => undefined, within: (_, run) => run() }

/** Returns what follows requests. */
export function createRequestScopes(runtime: object = globalThis): RequestScopes {
  const { AsyncLocalStorage, process } = runtime as Runtime
  const Storage = AsyncLocalStorage ?? process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage
  if (Storage === undefined) return UNFOLLOWED
  const storage = new Storage<RequestScope>()
  return { isFollowing: true, current: () => storage.getStore(), within: (scope, run) => storage.run(scope, run) }
}

/** Version, trace, parent, flags; later versions may say more, and neither id is all zeros (W3C Trace Context §3.2.2). */
const TRACEPARENT = /^(?!ff|00-.{52}.)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/
const CF_RAY = /^[0-9a-f]{16}(?:-([A-Z]{3}))?$/

/** Characters that a `traceparent` may have: what is longer is nobody's. */
const LONGEST = 512

/**
 * Returns what a request is called: the trace that it is part of (W3C Trace Context), Cloudflare's name for it, or a new one. Whoever
 * asks can choose it, and choose it twice: it finds lines, and proves nothing.
 */
export function requestIdOf(headers: Headers, newId: () => string): string {
  const parent = headers.get('traceparent') ?? ''
  const [, trace] = (parent.length <= LONGEST && TRACEPARENT.exec(parent)) || []
  if (trace !== undefined) return trace
  const ray = headers.get('cf-ray')
  return ray !== null && CF_RAY.test(ray) ? ray : newId()
}

/** Returns where Cloudflare answers a request: its name for it ends so. */
export function coloOf(headers: Headers): string | undefined {
  return CF_RAY.exec(headers.get('cf-ray') ?? '')?.[1]
}
