/**
 * The revocation bundle: what was revoked, as verifiers hold it against the tokens that they open. Values are hidden
 * behind salted hashes; a token is hit by what it is, names, or was made with, if it was issued before.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import { branchOfLeaf, type Named, type NamesKey, nameUnder } from '../../keys/index.ts'
import type { Entitlement } from './entitlement.ts'

/**
 * What an event hits: one token, all of an approval, of a person at one client, of a person, of a client, made with a key,
 * or under a branch of a resource that does not count any more. A `name` is any of an approval, an app or a person as one
 * resource alone can tell it (keys/names.ts).
 */
export type RevocationKind = 'jti' | 'gid' | 'app' | 'sub' | 'client' | 'kid' | 'name' | 'resource'

/** The kinds of events. */
export const REVOCATION_KINDS: readonly RevocationKind[] = [
  'jti',
  'gid',
  'app',
  'sub',
  'client',
  'kid',
  'name',
  'resource',
]

/** `typ` of the signed bundle. */
export const REVOCATIONS_TYP = 'revocations+jwt'

/** Characters that a bundle may have. */
export const LONGEST_BUNDLE = 4_000_000

/** Events that a list may have: each is 40 characters of a bundle, and room is left for the rest of it. */
export const MOST_EVENTS = 80_000

/**
 * The events of a bundle: for each kind, the hash of a value → the instant before which tokens are dead; of a `resource`,
 * the lowest branch that counts. No instant would do: whoever has the keys of a branch writes `iat` himself.
 */
export type RevocationEvents = Readonly<Partial<Record<RevocationKind, Readonly<Record<string, number>>>>>

/** What a bundle says. */
export interface Bundle {
  /** When the list was made: another one, after a loss, has a later epoch. Unix milliseconds. None in a list of 0.1.0. */
  readonly epoch?: number
  /** Grows with every event: an older bundle in place of a newer one is seen by it. */
  readonly seq: number
  readonly salt: string
  readonly events: RevocationEvents
}

/** Returns what stands for a value in a bundle: 96 bits. */
export function hashRevoked(salt: string, kind: RevocationKind, value: string): string {
  return digestLabels('bulla/1/revoked', salt, kind, value).slice(0, 16)
}

/** Returns the value of an event of kind `app`: it stands for a person at one client, and tells neither. */
export function appOf(sub: string, clientId: string): string {
  return digestLabels('app', sub, clientId)
}

/** Kinds of events that are told under a name: what they hit would join what a person does here and there. */
export type HiddenKind = 'sub' | 'app' | 'gid'

function isHidden(kind: RevocationKind): kind is HiddenKind {
  return kind === 'sub' || kind === 'app' || kind === 'gid'
}

/** What a token, or a refresh token, can be hit by. */
export interface Target extends Partial<Pick<Entitlement, 'jti' | 'gid'>> {
  readonly sub: string
  readonly client_id: string | undefined
  /** The resource that it is for, where it is an access token. */
  readonly aud?: string
  /** The kid of the key that it was made with. */
  readonly kid?: string
  /** The kid of the leaf that it was sealed under, if it was: the only word on its branch that is proved. */
  readonly leaf?: string | undefined
  /** When it was issued. Unix seconds. */
  readonly iat: number
}

/** A value by which a target can be hit, if it has it. */
interface Mark {
  readonly kind: RevocationKind
  /** What the value is known by; the value itself unless `of` makes it. */
  readonly name: string | undefined
  readonly of?: () => string
}

/** Returns the values by which a target can be hit; a leaf's kid is hit by its root's too, and by that of its day. */
function marksOf({ jti, gid, sub, client_id, kid }: Target): readonly Mark[] {
  const app: readonly Mark[] =
    client_id === undefined
      ? []
      : [{ kind: 'app', name: `${sub.length} ${sub}${client_id}`, of: () => appOf(sub, client_id) }]
  return [
    { kind: 'jti', name: jti },
    { kind: 'gid', name: gid },
    ...app,
    { kind: 'sub', name: sub },
    { kind: 'client', name: client_id },
    { kind: 'kid', name: kid },
    { kind: 'kid', name: kid?.split('.', 2).join('.') },
    { kind: 'kid', name: kid?.split('.', 1)[0] },
  ]
}

/** Values that are kept beside what they were worked out with. */
const MOST_KEPT = 4096

/** What was last worked out with a list of events, or a names key: the same token comes again and again. */
const kept = new WeakMap<object, Map<string, unknown>>()

/** Returns what `make` makes of what is known by `name`, made once as long as it is kept beside `owner`. */
function once<Made>(owner: object, name: string, make: () => Made): Made {
  const made = kept.get(owner) ?? new Map<string, unknown>()
  const known = made.get(name)
  if (known !== undefined) return known as Made
  if (made.size >= MOST_KEPT) made.clear()
  const fresh = make()
  kept.set(owner, made.set(name, fresh))
  return fresh
}

/** Returns the instant of the event of a kind that hits a value, if one does. */
function instantOf({ salt, events }: Bundle, { kind, name, of }: Mark): number | undefined {
  const instants = events[kind]
  if (instants === undefined || name === undefined) return undefined
  const hash = once(instants, name, () => hashRevoked(salt, kind, of?.() ?? name))
  return Object.hasOwn(instants, hash) ? instants[hash] : undefined
}

/** Returns the lowest branch of a resource that counts. */
export function lowestBranchIn(bundle: Bundle, resource: string): number {
  return instantOf(bundle, { kind: 'resource', name: resource }) ?? 1
}

/** Tells whether a target was sealed under a branch of its resource that does not count any more. */
function isUnderLower(bundle: Bundle, { aud, leaf }: Target): boolean {
  if (aud === undefined || leaf === undefined || bundle.events.resource === undefined) return false
  return branchOfLeaf(leaf) < lowestBranchIn(bundle, aud)
}

/** Returns what a person, an app or an approval is called under names keys, where a token has them. */
function namesOf(target: Target, keys: readonly NamesKey[]): readonly Named[] {
  const hidden = marksOf(target).filter(({ kind }) => isHidden(kind))
  return keys.flatMap((key) =>
    hidden.flatMap(({ kind, name, of }) =>
      name === undefined ? [] : once(key, `${kind} ${name}`, () => nameUnder(key.key(), kind, of?.() ?? name)),
    ),
  )
}

/** Tells whether a bundle has events that can be told only with a names key. */
export function needsNamesKey({ events }: Bundle): boolean {
  return events.name !== undefined
}

/**
 * Tells whether a bundle hits a target.
 *
 * @param namesKeys those of the token's resource: of the root that it was made under, or of all roots that are known
 */
export function isRevoked(bundle: Bundle, target: Target, namesKeys: readonly NamesKey[] = []): boolean {
  const isHit = (mark: Mark, shift = 0): boolean => {
    const instant = instantOf(bundle, mark)
    return instant !== undefined && target.iat <= instant - shift
  }
  if (isUnderLower(bundle, target) || marksOf(target).some((mark) => isHit(mark))) return true
  return namesOf(target, namesKeys).some(({ name, shift }) => isHit({ kind: 'name', name }, shift))
}

/** Reads a bundle from claims that the issuer signed; nothing when it is none. */
export function readBundle(claims: Readonly<Record<string, unknown>>): Bundle | undefined {
  const { epoch, seq, salt, events } = claims
  if (epoch !== undefined && !Number.isSafeInteger(epoch)) return undefined
  if (!Number.isSafeInteger(seq) || typeof salt !== 'string' || salt === '') return undefined
  if (typeof events !== 'object' || events === null) return undefined
  const known = REVOCATION_KINDS.flatMap((kind) => {
    const instants = (events as Readonly<Record<string, unknown>>)[kind]
    return typeof instants === 'object' && instants !== null
      ? [[kind, instants as Record<string, number>] as const]
      : []
  })
  const made = epoch === undefined ? {} : { epoch: epoch as number }
  return { ...made, seq: seq as number, salt, events: Object.fromEntries(known) }
}

/** Seconds by which a bundle must be dated later to be taken though its list was set back: no replay ever is. */
const SET_BACK_AFTER = 60

/** A bundle, and the issuer's date of it. Unix seconds. */
export interface DatedBundle {
  readonly bundle: Bundle
  readonly issuedAt: number
}

/**
 * Tells how a bundle stands to the one that is known: `newer`; of a list that was lost or `set back`, and is taken all the
 * same, for what is dated later the issuer signed later; or `older`, a replay, or the word of a machine that lags behind.
 */
export function compareBundles(known: DatedBundle, next: DatedBundle): 'newer' | 'set back' | 'older' {
  if (next.issuedAt < known.issuedAt) return 'older'
  const [before, after] = [known.bundle, next.bundle]
  // A list without an epoch may be the same as one with: then `seq` tells, as ever.
  const isAnother = before.epoch !== undefined && after.epoch !== undefined ? after.epoch - before.epoch : 0
  if (isAnother > 0) return 'set back'
  if (isAnother === 0 && after.seq >= before.seq) return 'newer'
  return next.issuedAt >= known.issuedAt + SET_BACK_AFTER ? 'set back' : 'older'
}
