/**
 * What is written when somebody is revoked. The list is public, and its values can be tested by anybody: so persons, what they
 * let apps do, and approvals stand in it under names that one resource alone can tell (keys/names.ts), and as they are only
 * in what the issuer reads itself.
 *
 * @module
 */

import { findResource } from '../../keys/identifier.ts'
import { branchOfLeaf, nameUnder } from '../../keys/index.ts'
import type { EndpointContext } from '../context.ts'
import { type Approval, approvedResources } from '../grants/approval_facts.ts'
import { refusal } from '../protocol/error.ts'
import { isImpersonal } from '../protocol/subject.ts'
import type { Addition, RevocationEvent, Revocations, RevocationView } from '../stores/revocations.ts'
import type { Entitlement, Opened } from '../token/entitlement.ts'
import { appOf, type HiddenKind, lowestBranchIn } from '../token/revocations.ts'
import type { WaitUntil } from '../wait_until.ts'
import { takenBack } from './ended.ts'
import type { KeptTokensAt } from './kept_provider_tokens.ts'
import { createRevocationNames, REVOKED_FOR } from './revocation_names.ts'

/** Seconds that the revocation of a key lasts, ten years: longer than a ring opens what was sealed with it. */
const KEY_LIFE = 315_360_000

/** On whose word something is revoked. */
type By = Addition['by']

/** What became of the lower branches of a resource. */
export interface RevokedBranches {
  /** The branch that the settings name: the lowest that counts. */
  readonly branch: number
  /** Whether that is new: there is none below the first, and what is revoked already is not revoked again. */
  readonly isWritten: boolean
}

/** Writes what is revoked, at the list and the guard, as far as there are any. What cannot be written throws. */
export interface Revoking {
  /**
   * Revokes all that a subject had until now: sessions, refresh tokens, access tokens.
   *
   * @param waitUntil keeps a worker awake until its providers know. Default: nothing does
   * @returns the providers at which it ends, too
   */
  subject(sub: string, now: number, by: By, waitUntil?: WaitUntil): Promise<readonly string[]>
  /** Revokes all that a person let a client have until now; as `subject`. */
  app(sub: string, clientId: string, now: number, by: By, waitUntil?: WaitUntil): Promise<readonly string[]>
  /** Revokes an approval for good, by its own id or one that a resource knows it by. */
  grant(gid: string, now: number, by: By, waitUntil?: WaitUntil): Promise<void>
  /**
   * Ends an approval for good, with what came of it; much of the same becomes one event of the person and the client.
   *
   * @param refreshed what its refresh token carries, and when that was issued
   */
  approval(refreshed: Approval & Pick<Entitlement, 'iat'>, now: number, waitUntil?: WaitUntil): Promise<void>
  /** Revokes all that was issued to a client until now. */
  client(id: string, now: number, by: By): Promise<void>
  /** Revokes all that was, or will be, made with a key. */
  key(kid: string, now: number, by: By): Promise<void>
  /**
   * Revokes all that was made, or will be, with keys of a resource's branches below the one that its settings name.
   *
   * @throws {OAuthError} `invalid_target` when no setting knows the resource
   */
  resource(uri: string, now: number, by: By): Promise<RevokedBranches>
  /** Revokes an access token; `broader` says what many such become, from the narrowest on. */
  token(opened: Opened, broader: readonly HiddenKind[], now: number, by: By): Promise<void>
}

/** An event that stands in the list as it is, or is the issuer's alone. */
interface Plain {
  readonly kind: RevocationEvent['kind']
  readonly value: string
}

/** Returns what writes revocations. */
export function createRevoking(
  { settings, clients, keyRing, isWhole }: EndpointContext,
  revocations: Revocations | undefined,
  view: RevocationView,
  keptTokens: KeptTokensAt,
): Revoking {
  const { resources, userinfo, guard, pairwise, homes } = settings
  const { afterEnd, endOf, sharedEndOf, keepOf, keysOf, named, nameAt } = createRevocationNames(
    { settings, keyRing },
    view,
  )

  async function add(addition: Omit<Addition, 'by'>, by: By, now: number): Promise<void> {
    // A resource that nobody knows yet would have no name in the list: what is revoked would live on there.
    if (!isWhole)
      throw refusal('temporarily_unavailable', 'settings_unread', 'the sealed settings were not read yet', {
        retryAfter: 5,
      })
    await revocations?.add(by === undefined ? addition : { ...addition, by }, now)
  }

  /** Returns an event of the issuer's own: it is in no bundle, for `until` is long over. */
  function own({ kind, value }: Plain, at: number, keep: number): RevocationEvent {
    return { kind, value, at, until: 0, keep }
  }

  async function addAll(additions: readonly Omit<Addition, 'by'>[], by: By, now: number): Promise<void> {
    await Promise.all(additions.map((addition) => add(addition, by, now)))
  }

  async function subject(...[sub, now, by, waitUntil]: Parameters<Revoking['subject']>): Promise<readonly string[]> {
    const [at, until, keep] = [now + REVOKED_FOR, endOf(now), keepOf(now)]
    // Who is no person can be named.
    if (isImpersonal(sub)) {
      await add({ kind: 'sub', value: sub, at, until, keep }, by, now)
      return []
    }
    const names = [...resources.values()].map((resource) => named(resource, 'sub', nameAt(resource).sub(sub), at, now))
    await addAll([own({ kind: 'sub', value: sub }, at, keep), ...(await Promise.all(names)).flat()], by, now)
    return (await keptTokens(guard, waitUntil)?.dropOf(sub, 'all')) ?? []
  }

  async function app(...[sub, clientId, now, by, waitUntil]: Parameters<Revoking['app']>): Promise<readonly string[]> {
    const [at, keep] = [now + REVOKED_FOR, keepOf(now)]
    const where = [...(clients.find(clientId)?.resources ?? resources.keys())].flatMap(
      (uri) => resources.get(uri) ?? [],
    )
    const names = where.map((resource) => named(resource, 'app', nameAt(resource).app(sub, clientId), at, now))
    const known = own({ kind: 'app', value: appOf(sub, clientId) }, at, keep)
    await addAll([known, ...(await Promise.all(names)).flat()], by, now)
    return (await keptTokens(guard, waitUntil)?.dropOf(sub, { app: clientId })) ?? []
  }

  async function grant(...[gid, now, by, waitUntil]: Parameters<Revoking['grant']>): Promise<void> {
    const [until, keep] = [endOf(now), keepOf(now)]
    // At no home of ours nobody remembers it: then the list alone says it, to whoever still has a token.
    const isOurs = homes.isOurs(gid)
    await Promise.all(pairwise.namesOf('gid', gid).map((name) => (isOurs || name !== gid) && guard?.end(name, keep)))
    // 128 random bits that only resources know who had a token: this one can be tested by nobody else. It joins none of the others.
    const known = { kind: 'gid', value: gid, at: keep, until, keep } as const
    const names = [...resources.values()]
      .filter(({ sector }) => sector !== undefined)
      .map((resource) => named(resource, 'gid', nameAt(resource).gid(gid), keep, now))
    await addAll([known, ...(await Promise.all(names)).flat()], by, now)
    if (isOurs) await keptTokens(guard, waitUntil)?.drop(gid)
  }

  async function approval(...[refreshed, now, waitUntil]: Parameters<Revoking['approval']>): Promise<void> {
    const { gid, sub, client_id, grant_end, iat } = refreshed
    await Promise.all(pairwise.namesOf('gid', gid).map((name) => guard?.end(name, grant_end)))
    const until = endOf(now)
    // What was issued by a clock that is ahead is hit, too, by what takes the place of its event.
    const dead = Math.max(now, iat)
    const perResource = approvedResources(refreshed)
      .flatMap((uri) => resources.get(uri) ?? [])
      .map(async (resource) => {
        const broader = await named(resource, 'app', nameAt(resource).app(sub, client_id), dead, now)
        const narrow = await named(resource, 'gid', nameAt(resource).gid(gid), until, now)
        // Both lists are of the same roots, in the same order.
        return narrow.map((event, index) => ({ ...event, within: broader.slice(index, index + 1) }))
      })
    const names = (await Promise.all(perResource)).flat()
    // Without a guard the list alone knows that the family has ended, and must know it as long as that could live.
    const keep = Math.max(grant_end + afterEnd(now, 2), until + 1)
    const within = [own({ kind: 'app', value: appOf(sub, client_id) }, dead, keep)]
    const family = { ...own({ kind: 'gid', value: gid }, until, keep), within }
    await addAll(guard === undefined ? [family, ...names] : names, 'approval', now)
    await keptTokens(guard, waitUntil)?.drop(gid)
  }

  async function token(...[{ entitlement, leaf }, broader, now, by]: Parameters<Revoking['token']>): Promise<void> {
    const { jti, exp, iat, aud, sub, gid, client_id } = entitlement
    const until = exp + afterEnd(now, 1)
    // Nobody but the issuer is shown it: the guard knows it at once, and the list, which all can read, need not.
    if (aud === userinfo?.uri && guard !== undefined) return guard.end(takenBack(jti), until)
    // What was issued by a clock that is ahead is hit, too, by what takes the place of its event.
    const dead = Math.max(now, iat)
    const resource = resources.get(aud)
    const keys = resource === undefined ? [] : await keysOf(resource, now, now)
    // The root that sealed then, and the branch: a name under another would not hit what it takes the place of.
    const sealedUnder = branchOfLeaf(leaf ?? '')
    const root = keys.find(({ use, end, branch = 1 }) => use <= iat && iat < end && branch === sealedUnder)
    const values = { sub, gid, app: client_id === undefined ? undefined : appOf(sub, client_id) }
    const within = broader.flatMap((kind): readonly RevocationEvent[] => {
      const value = values[kind]
      if (value === undefined) return []
      if (kind === 'sub' && isImpersonal(sub)) return [{ kind, value, at: dead, until: endOf(now), keep: endOf(now) }]
      const event = root === undefined || resource === undefined ? undefined : nameUnder(root.key(), kind, value)
      const end = sharedEndOf(now)
      return event === undefined
        ? []
        : [{ kind: 'name', value: event.name, at: dead + event.shift, until: end, keep: end }]
    })
    await add({ kind: 'jti', value: jti, at: until, until, keep: until, within }, by, now)
  }

  async function resource(...[uri, now, by]: Parameters<Revoking['resource']>): Promise<RevokedBranches> {
    const known = resources.get(findResource(resources.keys(), uri) ?? '')
    if (known === undefined) throw refusal('invalid_target', 'unknown_resource', 'there is no such resource')
    const { branch } = known
    const list = await revocations?.read(now, 'access tokens')
    const isDone = branch === 1 || (list !== undefined && lowestBranchIn(list, known.uri) >= branch)
    const until = now + KEY_LIFE
    if (!isDone) await add({ kind: 'resource', value: known.uri, at: branch, until, keep: until }, by, now)
    return { branch, isWritten: !isDone }
  }

  return {
    subject,
    app,
    grant,
    approval,
    token,
    resource,
    client: (id, now, by) =>
      add({ kind: 'client', value: id, at: now + REVOKED_FOR, until: endOf(now), keep: keepOf(now) }, by, now),
    key: (kid, now, by) =>
      add({ kind: 'kid', value: kid, at: now + KEY_LIFE, until: now + KEY_LIFE, keep: now + KEY_LIFE }, by, now),
  }
}
