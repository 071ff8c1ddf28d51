/**
 * What happened, one object each: who, through which client, for what, and how it ended. Its attributes are called as in CloudEvents 1.0
 * where that has a word for them.
 *
 * @module
 */

import type { Reason } from '../protocol/reasons.ts'

/** What can happen. */
export const EVENT_TYPES = [
  'token.issued',
  'token.refused',
  'code.replayed',
  'refresh.reused',
  'authorization.refused',
  'login.succeeded',
  'login.failed',
  'consent.given',
  'consent.denied',
  'session.ended',
  'token.introspected',
  'token.revoked',
  'subject.revoked',
  'keys.delivered',
  'client.failed',
  'client.registered',
  'device.started',
  'par.accepted',
  'userinfo.told',
  'settings.loaded',
  'settings.refused',
  'ring.changed',
  'guard.failed',
  'remote.failed',
  'limit.reached',
] as const

/** What happened. */
export type EventType = (typeof EVENT_TYPES)[number]

/** How it ended: done; refused, by a rule; or in an error, which is nobody's fault who asked. */
export type EventOutcome = 'ok' | 'refused' | 'error'

/** Whom and what it was about, as far as that applies. Nothing here opens anything: no token, code, secret, claim or state is in it. */
export interface EventFacts {
  /** The `client_id`, of a client that is known: what nobody knows is never repeated. */
  readonly client?: string
  /** Whether the client proved to be it, in this request. A public one never does. */
  readonly proved?: boolean
  /** Whom it was about, a person, or a client that acts for itself: as the setting `eventSubjects` has it. */
  readonly subject?: string
  /** The grant type. */
  readonly grant?: string
  /** The resource's URI. */
  readonly resource?: string
  /** The scope, with spaces between. */
  readonly scope?: string
  /** The grant id, which ties together all that one approval led to. */
  readonly gid?: string
  /** The `jti` of the token; of what was refused there is none. */
  readonly jti?: string
  /** The kid of the key: of a root, of a leaf. */
  readonly kid?: string
  /** How it was done: the way in which a client proved itself, the provider of a login, what was revoked, what failed, which settings, which limit was reached. */
  readonly method?: string
  /** The `acr` of the login: how somebody logged in, as the provider calls it. */
  readonly acr?: string
  /** When the next rotation of the keys is due, in UTC (RFC 3339). */
  readonly due?: string
  /** The operator on whose word something was revoked: its `client_id`. */
  readonly by?: string
}

/** What happened. */
export interface IssuerEvent extends EventFacts {
  /** Names the event: 128 random bits, base64url. It is the same wherever the event goes. */
  readonly id: string
  /** When, in UTC (RFC 3339). */
  readonly time: string
  /** The issuer. */
  readonly source: string
  /** What was asked for. */
  readonly type: EventType
  /** How it ended: `ok`; `refused`, by a rule; `error`, which is nobody's fault who asked. */
  readonly outcome: EventOutcome
  /** Why it was refused, or failed: one word of a list. */
  readonly reason?: Reason
  /** The id of the request: its answer bears it as `Request-Id`, and each line of the log that it caused has it, too. */
  readonly request?: string
  /** Where Cloudflare answered it, in three letters. */
  readonly colo?: string
  /** Milliseconds since the request came. */
  readonly ms?: number
  /** Milliseconds of these in which the guard was waited for. */
  readonly guardMs?: number
  /** Milliseconds of these in which others were waited for: a provider, the keys of a client or an API. */
  readonly remoteMs?: number
  /** What the hook `credentials` names of the request: the address, if you want it there. */
  readonly credentials?: Readonly<Record<string, unknown>>
}

/** Takes an event. What it throws, or a promise of it that fails, changes no answer. */
export type OnEvent = (event: IssuerEvent) => void | Promise<void>
