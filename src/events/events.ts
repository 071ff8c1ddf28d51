/**
 * Tells what happened: after the answer, and whatever becomes of who is told.
 *
 * @module
 */

import { inTime } from '../in_time.ts'
import type { Log } from '../log.ts'
import type { Reason } from '../protocol/reasons.ts'
import { createDraw, type Draw, drawAnew, nameBy } from '../randomness.ts'
import type { WaitUntil } from '../wait_until.ts'
import type { EventFacts, EventOutcome, EventType, IssuerEvent, OnEvent } from './event.ts'
import type { NameSubject } from './event_subjects.ts'
import { coloOf, createRequestScopes, type RequestScope, requestIdOf } from './request_scope.ts'
import { createWaits, type Waited } from './waits.ts'

/** What is said of an event beside what is known of its request. */
export interface Told extends EventFacts {
  /** Default `ok`, and with a reason `refused`. */
  readonly outcome?: EventOutcome
  readonly reason?: Reason
}

/** A request, as far as events concern it. */
export interface Followed {
  readonly headers: Headers
  /** Returns what the operator wants to see of it again; asked once, when an event needs it. */
  readonly credentials?: () => Readonly<Record<string, unknown>> | undefined
  readonly waitUntil: WaitUntil
}

/** What happened, and in which request. */
export interface Events {
  /** Whether the runtime can tell which request is under way: else events do not say what is known of theirs. */
  readonly isFollowing: boolean
  /** Answers a request: what happens meanwhile bears its id, and is handed over after the answer. */
  within<Answered>(request: Followed, answer: (id: string) => Promise<Answered>): Promise<Answered>
  /** Returns the id of the request under way. */
  requestId(): string | undefined
  /** Returns the randomness of the request under way; beside all of them, and where the runtime cannot tell, a new one. */
  draw(): Draw
  /** Notes what is known of the request from now on: its events say so. */
  note(facts: EventFacts): void
  /** Waits for the guard, or for others: the events of the request say how long. */
  waitFor<Result>(waited: Waited, run: () => Promise<Result>): Promise<Result>
  /** Tells that something happened. It never throws. */
  tell(type: EventType, told?: Told): void
}

/** What tells of events. */
export interface EventsOptions {
  readonly source: string
  readonly onEvent: OnEvent | undefined
  /** Returns Unix milliseconds. */
  readonly clock: () => number
  readonly nameSubject: NameSubject
  readonly log: Log
}

/** What is about no client and nobody, whichever request met it first. */
const NO_REQUESTS: readonly EventType[] = ['ring.changed', 'settings.loaded', 'settings.refused']

/** How many events are lost between two lines that say so. */
const LOST_BETWEEN_LINES = 1000

/** Milliseconds that whoever takes an event may keep it in memory here. */
const PATIENCE = 10_000

/** Returns what asks once, however often it is called, and whatever is thrown. */
function once<Answer>(ask: () => Answer, fail: () => void): () => Answer | undefined {
  let asked: { readonly answer: Answer | undefined } | undefined
  function answerOf(): Answer | undefined {
    try {
      return ask()
    } catch {
      fail()
      return undefined
    }
  }
  return () => {
    asked ??= { answer: answerOf() }
    return asked.answer
  }
}

/** Returns what tells of events. */
export function createEvents({ source, onEvent, clock, nameSubject, log }: EventsOptions): Events {
  const scopes = createRequestScopes()
  let lost = 0

  function lose(): void {
    if (lost++ % LOST_BETWEEN_LINES !== 0) return
    const detail = 'onEvent failed, or took more than 10 seconds: events are lost; the next 1,000 are not said'
    log({ level: 'warn', event: 'events', detail })
  }

  /** Says that the events of a request go without what the operator's own hook names: they are worth more than that. */
  function miss(): void {
    log({
      level: 'warn',
      event: 'events',
      detail: 'the hook "credentials" failed: the events of the request are without it',
    })
  }

  /** Hands an event over: one that nobody has taken in time is lost, so that none piles up behind what hangs. */
  async function hand(event: IssuerEvent): Promise<void> {
    try {
      const taken = onEvent?.(event)
      if (taken !== undefined) await inTime(taken, PATIENCE, () => new RangeError('late'))
    } catch {
      lose()
    }
  }

  /** Hands events over after all that is under way: the answer is first. */
  async function handLater(events: readonly IssuerEvent[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve))
    await Promise.all(events.map(hand))
  }

  /** Hands events over beside the request. Where nothing is kept awake they go on as long as the platform lets them. */
  function handBeside(events: readonly IssuerEvent[], waitUntil: WaitUntil): void {
    const handing = handLater(events)
    try {
      waitUntil(handing)
    } catch {
      // Taken off its object it is an illegal invocation; no answer is another for that.
    }
  }

  function eventOf(type: EventType, told: Told, scope: RequestScope | undefined): IssuerEvent {
    const at = clock()
    const { subject, ...facts } = { ...(NO_REQUESTS.includes(type) ? {} : scope?.known), ...told }
    const name = subject === undefined ? undefined : nameSubject(subject)
    const credentials = scope?.credentials()
    return {
      id: nameBy(scope?.draw ?? drawAnew),
      time: new Date(at).toISOString(),
      source,
      type,
      outcome: told.reason === undefined ? 'ok' : 'refused',
      ...(scope !== undefined && { request: scope.id, ms: Math.max(0, at - scope.began), ...scope.waits.took() }),
      ...(scope?.colo !== undefined && { colo: scope.colo }),
      ...facts,
      ...(name !== undefined && { subject: name }),
      ...(credentials !== undefined && { credentials }),
    }
  }

  return {
    isFollowing: scopes.isFollowing,
    async within({ headers, credentials: look = () => undefined, waitUntil }, answer) {
      const running = scopes.current()
      if (running !== undefined) return answer(running.id)
      const draw = scopes.isFollowing ? createDraw() : drawAnew
      const id = requestIdOf(headers, () => nameBy(draw))
      if (!scopes.isFollowing) return answer(id)
      const waiting: IssuerEvent[] = []
      const [colo, began, credentials, waits] = [coloOf(headers), clock(), once(look, miss), createWaits(clock)]
      const scope: RequestScope = { id, colo, began, known: {}, draw, waiting, credentials, waits, waitUntil }
      try {
        return await scopes.within(scope, () => answer(id))
      } finally {
        scope.waiting = undefined
        // What is told after the answer has none of the request's.
        scope.draw = drawAnew
        if (waiting.length > 0) handBeside(waiting, waitUntil)
      }
    },
    requestId: () => scopes.current()?.id,
    draw: () => scopes.current()?.draw ?? createDraw(),
    note(facts) {
      const scope = onEvent === undefined ? undefined : scopes.current()
      if (scope !== undefined) scope.known = { ...scope.known, ...facts }
    },
    waitFor(waited, run) {
      const scope = onEvent === undefined ? undefined : scopes.current()
      return scope === undefined ? run() : scope.waits.for(waited, run)
    },
    tell(type, told = {}) {
      if (onEvent === undefined) return
      const scope = scopes.current()
      try {
        const event = eventOf(type, told, scope)
        if (scope?.waiting !== undefined) scope.waiting.push(event)
        else if (scope !== undefined) handBeside([event], scope.waitUntil)
        else queueMicrotask(() => void hand(event))
      } catch {
        lose()
      }
    },
  }
}
