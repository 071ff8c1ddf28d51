/**
 * The issuer's ring at run time: loaded when it is first needed, and asked before each request whether it may seal.
 *
 * @module
 */

import {
  createKeyring,
  describeKeys,
  describeRoots,
  type Keyring,
  type LoadedRing,
  loadRing,
  primariesAt,
  type RingRefusal,
  type RingTexts,
  type RotationDue,
  refusalAt,
  rotationDue,
  type SigningAlgorithm,
  type SigningKey,
} from '../../keys/index.ts'
import { hasKey } from '../../keys/kids.ts'
import type { EventFacts } from '../events/event.ts'
import type { Events } from '../events/events.ts'
import type { Log } from '../log.ts'
import { refusal } from '../protocol/error.ts'

/** How the ring is, without anything secret. */
export type RingStatus =
  | {
      readonly status: 'ok'
      readonly keys: ReturnType<typeof describeRoots>
      /** What is wrong with keys that the issuer goes on without; not there when nothing is. */
      readonly left_out?: readonly string[]
    }
  | {
      readonly status: 'unavailable'
      readonly reason: RingRefusal['reason']
      readonly keys: ReturnType<typeof describeRoots>
    }

/** When keys have to follow those of the ring. */
export interface Rotations {
  readonly roots: RotationDue
  readonly rsa?: RotationDue & { readonly keys: ReturnType<typeof describeKeys> }
}

/** The ring of a running issuer. */
export interface KeyRing {
  /**
   * Returns the keyring.
   *
   * @throws {OAuthError} `temporarily_unavailable` when nothing may be sealed at `now`; the log says why
   */
  open(now: number): Keyring
  /**
   * Returns the key that signs at `now`.
   *
   * @throws {OAuthError} `temporarily_unavailable` as {@link open}, and when none signs by this algorithm
   */
  signer(alg: SigningAlgorithm, now: number): SigningKey
  /** Returns the seconds by which any two clocks may differ: also where nothing may be sealed. Without a ring 0: nothing opens. */
  skew(now: number): number
  /** Tells whether the ring has a key of this kid, or has it revoked. Without a ring none is known. */
  knows(kid: string, now: number): boolean
  /** Returns what a subject is called in events at `now`; nothing where no root is primary. It tells nobody of that: an event is being told. */
  eventName(subject: string, now: number): string | undefined
  /** Returns from when on a root opens nothing any more. Unix seconds; nothing where the ring has it not. */
  opensUntil(kid: string, now: number): number | undefined
  /** Returns what events say of the ring: when the next rotation is due, of roots or RSA keys, whichever is first. */
  told(now: number): Pick<EventFacts, 'due'>
  /** Returns when the next rotation is due, and of RSA keys, if there are any; without a ring nothing. */
  rotation(now: number): Rotations | undefined
  /** Returns the states and ages of the roots, or why there are none. */
  status(now: number): RingStatus
}

/** What the issuer's ring is made from. */
export interface KeyRingOptions {
  readonly texts: RingTexts
  readonly issuer: string
  /** Seconds that the longest-lived thing sealed by the ring lives. */
  readonly longestLife: number
  readonly log: Log
  /** Who is told that another root seals, or none can. Default: nobody. */
  readonly events?: Pick<Events, 'tell'>
}

const ADVICE =
  'make a ring with `bulla keys init`, store it as the secret KEY_RING, and examine it with `bulla keys doctor`'

/** Returns the ring of a running issuer. A ring that cannot be used stops every seal, and the log says so once. */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  const { texts, issuer, longestLife, log, events } = options
  let loaded: LoadedRing | RingRefusal | undefined
  let keyring: Keyring | undefined
  let reported: string | undefined
  let sealing: string | undefined
  let due: { readonly now: number; readonly told: Pick<EventFacts, 'due'> } | undefined
  let asked: { readonly now: number; readonly refused: RingRefusal | undefined } | undefined

  function load(now: number): LoadedRing | RingRefusal {
    if (loaded !== undefined) return loaded
    loaded = loadRing(texts, { now, longestLife })
    if (!loaded.ok) return loaded
    for (const { message, reason } of loaded.bad)
      log({ level: 'error', event: 'ring', ...(reason === undefined ? {} : { code: reason }), detail: message })
    for (const { message } of loaded.findings) log({ level: 'warn', event: 'ring', detail: message })
    keyring = createKeyring(loaded.ring, issuer)
    return loaded
  }

  /** Asked several times in a request: a second has one answer. */
  function refusedAt(now: number): RingRefusal | undefined {
    if (asked?.now === now) return asked.refused
    const refused = examine(now)
    asked = { now, refused }
    return refused
  }

  /** Tells of what has changed while this process ran; that it began is none. */
  function tellChange(refused: RingRefusal | undefined, now: number): void {
    if (refused !== undefined && reported !== refused.reason)
      events?.tell('ring.changed', { outcome: 'error', reason: 'ring_down' })
    const [root] = loaded?.ok === true && refused === undefined ? primariesAt(loaded.ring, now) : []
    const kid = root?.kid
    if (kid === undefined) return
    if (sealing !== undefined && (sealing !== kid || reported !== undefined))
      events?.tell('ring.changed', { kid, ...told(now) })
    sealing = kid
  }

  function examine(now: number): RingRefusal | undefined {
    const ring = load(now)
    const refused = ring.ok ? refusalAt(ring, now) : ring
    if (refused !== undefined && reported !== refused.reason) {
      log({ level: 'error', event: 'ring', code: refused.reason, detail: `${refused.detail}; ${ADVICE}` })
    }
    tellChange(refused, now)
    reported = refused?.reason
    return refused
  }

  function open(now: number): Keyring {
    const refused = refusedAt(now)
    if (refused !== undefined || keyring === undefined) {
      throw refusal('temporarily_unavailable', 'ring_down', `the ring cannot be used: ${refused?.reason}`, {
        retryAfter: 60,
      })
    }
    return keyring
  }

  function signer(alg: SigningAlgorithm, now: number): SigningKey {
    const key = open(now).signingKeys.signing(alg, now)
    if (key === undefined)
      throw refusal('temporarily_unavailable', 'no_key', `the ring has no key that signs by ${alg}`, { retryAfter: 60 })
    return key
  }

  function knows(kid: string, now: number): boolean {
    const known = load(now)
    // A root that cannot be read is left out of the ring, and is its all the same.
    return known.ok && (hasKey(known.ring, kid) || known.bad.some((bad) => bad.kid === kid))
  }

  function opensUntil(kid: string, now: number): number | undefined {
    const known = load(now)
    return known.ok ? known.ring.roots.find((root) => root.kid === kid)?.del : undefined
  }

  function rotation(now: number): Rotations | undefined {
    const known = load(now)
    if (!known.ok) return undefined
    const { ring } = known
    const rsa = ring.rsa && { ...rotationDue(ring, ring.rsa, now), keys: describeKeys(ring.rsa, ring.revoked, now) }
    return { roots: rotationDue(ring, ring.roots, now), ...(rsa && { rsa }) }
  }

  /** Told of each token: a second has one answer. */
  function told(now: number): Pick<EventFacts, 'due'> {
    if (due?.now !== now) due = { now, told: dueAt(now) }
    return due.told
  }

  function dueAt(now: number): Pick<EventFacts, 'due'> {
    const rotations = rotation(now)
    if (rotations === undefined) return {}
    const { roots, rsa } = rotations
    return { due: new Date(Math.min(roots.due, rsa?.due ?? roots.due) * 1000).toISOString() }
  }

  function status(now: number): RingStatus {
    const refused = refusedAt(now)
    const { keys, left_out } =
      loaded?.ok === true
        ? { keys: describeRoots(loaded.ring, now), left_out: loaded.bad.map(({ message }) => message) }
        : { keys: [], left_out: [] }
    if (refused !== undefined) return { status: 'unavailable', reason: refused.reason, keys }
    return { status: 'ok', keys, ...(left_out.length > 0 ? { left_out } : {}) }
  }

  function skew(now: number): number {
    const ring = load(now)
    return ring.ok ? ring.ring.skew : 0
  }

  function eventName(subject: string, now: number): string | undefined {
    load(now)
    return keyring?.eventName(subject, now)
  }

  return { open, signer, skew, knows, eventName, opensUntil, told, rotation, status }
}
