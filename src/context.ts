/**
 * What the endpoints are handed: settings, keys, and the edge's clock and randomness.
 *
 * @module
 */

import { isLoopback } from '../keys/identifier.ts'
import type { Keyring, SigningAlgorithm } from '../keys/index.ts'
import { createNameSubject } from './events/event_subjects.ts'
import { createEvents, type Events } from './events/events.ts'
import type { Waited } from './events/waits.ts'
import { signClaims } from './jose/signed.ts'
import { type Log, writeLog } from './log.ts'
import { measureLogin } from './login/measured_login.ts'
import { type Draw, drawAnew, nameBy } from './randomness.ts'
import { type Clients, createClients } from './registration/known_clients.ts'
import { measureFetch } from './remote/measured_fetch.ts'
import { createStrangers, type Strangers } from './remote/public/client_documents.ts'
import { createPublicFetch } from './remote/public/public_fetch.ts'
import type { BundleStatus } from './settings/bundle_source.ts'
import type { IssuerSettings } from './settings/issuer_settings.ts'
import { checkRing } from './settings/ring_needs.ts'
import { type CheckedSettings, checkSettings } from './settings/settings.ts'
import { guardWithDeadline, rememberLonger } from './stores/guard.ts'
import { createKeyRing, type KeyRing } from './stores/key_ring.ts'
import { measureStore } from './stores/measured_store.ts'
import { livesInMemory, placeOfMany } from './stores/one_process.ts'
import { revocationsWithDeadline } from './stores/revocations.ts'
import { createPurposeEnvelopes, type PurposeEnvelopes } from './token/purpose.ts'
import { createMeasure, type Measure, type TracedPart } from './trace.ts'

/** How the settings stand that a context is made of. */
export interface Standing {
  /** Whether who is not in them is nobody: false until settings that come sealed were read once. */
  readonly isWhole: boolean
  /** Returns how settings are that come sealed; nothing where none do. */
  readonly bundle: () => BundleStatus | undefined
}

/** All that an endpoint may use beside the request. */
export interface EndpointContext extends Standing {
  readonly settings: CheckedSettings
  /** All who are known by a `client_id`, those that walked in too; `settings.clients` are those that are configured. */
  readonly clients: Clients
  /** What strangers publish; nothing where none may walk in by a document. */
  readonly strangers: Strangers | undefined
  readonly hooks: Pick<IssuerSettings, 'claims' | 'response' | 'addressOf'>
  readonly keyRing: KeyRing
  /** Returns what seals and opens the issuer's own envelopes at `now`; `draw` gives their initialization vectors. */
  readonly envelopes: (keyring: Keyring, now: number, draw?: Draw) => PurposeEnvelopes
  /**
   * Signs claims by the key that signs at `now`.
   *
   * @throws {OAuthError} `temporarily_unavailable` when nothing may be sealed then, or none signs by this algorithm
   */
  readonly sign: (
    claims: Readonly<Record<string, unknown>>,
    typ: string | undefined,
    alg: SigningAlgorithm,
    now: number,
  ) => Promise<string>
  /** Runs a part of a request, and measures it where the operator wants that. */
  readonly measure: Measure
  /** Tells what happened. */
  readonly events: Events
  readonly log: Log
  /** Returns Unix seconds; asked once a request, and again by whoever has waited. */
  readonly now: () => number
  /** Waits for so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>
  /** Makes a name: 128 random bits, base64url. */
  readonly newId: () => string
}

/** What a runtime tells of its process; Workers have none, and no variables of ours in it. */
interface Process {
  readonly env?: Readonly<Record<string, string | undefined>>
  getBuiltinModule?(name: string): { readonly isWorker?: boolean } | undefined
}

/**
 * Refuses what lives in memory where there are as many processes as the platform likes. Elsewhere it warns: but on a machine of one's own, or where
 * it is written out that there is one process.
 *
 * @throws {RangeError} when it is refused
 */
function checkMemory(settings: IssuerSettings, log: Log): void {
  const inMemory = (['guard', 'revocations'] as const).filter((name) => livesInMemory(settings[name]) === 'any')
  const [name] = inMemory
  if (name === undefined) return
  const { process } = globalThis as { process?: Process }
  const place = placeOfMany(process?.env ?? {}, process?.getBuiltinModule?.('node:cluster')?.isWorker === true)
  if (place !== undefined)
    throw new RangeError(
      `"${name}" expected a store that processes share, for there are many in ${place}, got memory: docs/guides/guards.md says which; or "single: true", for one process that never restarts`,
    )
  if (isLoopback(settings.issuer)) return
  const detail = `in memory, for one process that never restarts: ${inMemory.join(', ')}; docs/guides/guards.md says what lasts, and "single: true" that it is so`
  log({ level: 'warn', event: name, detail })
}

/** Says what is lost where the runtime follows no requests: it would show in nothing but what events lack. */
function checkFollowing({ onEvent }: IssuerSettings, { isFollowing }: Events, log: Log): void {
  if (isFollowing || onEvent === undefined) return
  const detail =
    'this runtime does not follow requests: events do not say their client, person or grant, nor events and lines of the log their request, and some events may be lost; on Workers the compatibility flag nodejs_als mends it'
  log({ level: 'warn', event: 'events', detail })
}

/** Returns a log that never throws, and names the request: one that is down must not take the issuer with it. */
function safely(write: Log, requestId: () => string | undefined): Log {
  return (entry) => {
    try {
      const request = requestId()
      write(request === undefined ? entry : { ...entry, request })
    } catch {
      // There is nowhere left to say so.
    }
  }
}

/** Settings that nothing comes beside. */
const ALONE: Standing = { isWhole: true, bundle: () => undefined }

/** Who is waited for while a part of a request runs, where it is not the issuer itself. */
const WAITED: Partial<Readonly<Record<TracedPart['part'], Waited>>> = {
  guard: 'guard',
  login: 'remote',
  fetch: 'remote',
}

/**
 * Returns what the endpoints of an issuer are handed.
 *
 * @throws {TypeError | RangeError} when a setting is wrong
 */
export function createContext(settings: IssuerSettings, standing: Standing = ALONE): EndpointContext {
  const { claims, response, addressOf, keyRing, keyRingNext } = settings
  const checked = checkSettings(settings)
  const texts = { ring: keyRing, next: keyRingNext }
  checkRing(checked, texts)
  const newId = (): string => nameBy(drawAnew)
  const clock = settings.now === undefined ? Date.now : () => now() * 1000
  const log: Log = safely(settings.log ?? writeLog, () => events.requestId())
  const events = createEvents({
    source: settings.issuer,
    onEvent: settings.onEvent,
    clock,
    nameSubject: createNameSubject(checked.eventSubjects, (subject) => ring.eventName(subject, now())),
    log,
  })
  const { issuer, longestLife, guard, revocations, lives, homes, authenticate } = checked
  checkMemory(settings, log)
  checkFollowing(settings, events, log)
  if (settings.guard === 'none' && authenticate !== undefined) {
    const detail =
      'there is no guard: codes and logins can be used again until they end, public clients get no refresh tokens, and logging out ends no copy of a session'
    log({ level: 'warn', event: 'guard', detail })
  }
  const ring = createKeyRing({ texts, issuer, longestLife, log, events })
  const traced = createMeasure(settings.trace)
  const measure: Measure = (part, run) => {
    const waited = WAITED[part.part]
    return waited === undefined ? traced(part, run) : events.waitFor(waited, () => traced(part, run))
  }
  const fetch = measureFetch(createPublicFetch(isLoopback(issuer), settings.fetch), measure, true)
  const strangers = checked.walkIns?.takesDocuments
    ? createStrangers(checked.walkIns, fetch, guard !== undefined)
    : undefined
  const now = settings.now ?? (() => Math.floor(Date.now() / 1000))
  return {
    ...standing,
    settings: {
      ...checked,
      guard:
        guard &&
        measureStore(
          'guard',
          guardWithDeadline(
            rememberLonger(guard, () => 2 * ring.skew(now())),
            { log, events },
          ),
          measure,
        ),
      revocations:
        revocations && measureStore('revocations', revocationsWithDeadline(revocations, { log, events }), measure),
      authenticate: authenticate && measureLogin(authenticate, measure),
    },
    clients: createClients(checked, strangers?.clients),
    strangers,
    hooks: { ...(claims && { claims }), ...(response && { response }), ...(addressOf && { addressOf }) },
    keyRing: ring,
    envelopes: (keyring, now, draw) => createPurposeEnvelopes(keyring, lives, now, homes, draw),
    async sign(claims, typ, alg, now) {
      const key = ring.signer(alg, now)
      return measure({ part: 'signing', alg }, () => signClaims(claims, typ, key))
    },
    measure,
    events,
    log,
    now,
    wait: settings.wait ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))),
    newId,
  }
}
