/**
 * The public keys that resource servers gave: from the settings, or from where they tell them themselves.
 *
 * @module
 */

import type { Log } from '../log.ts'
import type { Resource } from '../protocol/resource.ts'
import { createRemoteDocument, type Fetch, type RemoteDocument } from '../remote.ts'
import { keyManagementOf, type Recipient, recipientOf } from '../token/recipient.ts'

type Jwk = Readonly<Record<string, unknown>>

/** The keys to seal to. */
export interface Recipients {
  /** Returns the key to seal a resource's tokens to, or nothing when there is none that can be used. */
  find(resource: Resource, now: number): Promise<Recipient | undefined>
}

/** Seconds that a key must have been seen before anything is sealed to it: all of the server's machines know it then. */
const SEEN_FOR = 300

/** Where a resource's keys come from, and since when each was seen. */
interface Source {
  readonly document: RemoteDocument | undefined
  readonly since: Map<string, number>
}

/** Returns the keys of a set that can be used for a resource, each with a kid of its own. */
function usableKeys(keys: unknown, { encryptionAlg }: Resource): readonly Jwk[] {
  const list: readonly Jwk[] = Array.isArray(keys) ? keys : []
  const usable = list.filter(
    (jwk) =>
      jwk !== null &&
      typeof jwk === 'object' &&
      typeof jwk['kid'] === 'string' &&
      keyManagementOf(jwk) === encryptionAlg,
  )
  const kids = usable.map((jwk) => jwk['kid'])
  return usable.filter((_, index) => kids.indexOf(kids[index]) === kids.lastIndexOf(kids[index]))
}

/**
 * Returns the keys of resource servers.
 *
 * Of several keys the newest that has been seen for five minutes is taken, the only one at once. Keys that cannot be
 * fetched go on serving for a day.
 */
export function createRecipients(fetch: Fetch, log: Log): Recipients {
  const sources = new Map<string, Source>()
  const imported = new WeakMap<Jwk, Promise<Recipient>>()

  function sourceOf({ uri, jwksUri }: Resource): Source {
    const known = sources.get(uri)
    if (known !== undefined) return known
    const document = jwksUri === undefined ? undefined : createRemoteDocument(jwksUri, fetch)
    const source = { document, since: new Map<string, number>() }
    sources.set(uri, source)
    return source
  }

  /** Returns the key to use of those that were fetched, by how long each has been seen. */
  function choose(keys: readonly Jwk[], { since }: Source, now: number): Jwk | undefined {
    const kids = new Set(keys.map((jwk) => String(jwk['kid'])))
    for (const kid of since.keys()) if (!kids.has(kid)) since.delete(kid)
    for (const kid of kids) if (!since.has(kid)) since.set(kid, now)
    const seenSince = (jwk: Jwk): number => since.get(String(jwk['kid'])) ?? now
    const settled = keys.filter((jwk) => now - seenSince(jwk) >= SEEN_FOR).sort((a, b) => seenSince(b) - seenSince(a))
    // All keys are new when the issuer has just started: then the first of them, which has been there longest.
    return settled[0] ?? keys.toSorted((a, b) => seenSince(a) - seenSince(b))[0]
  }

  function importOne(jwk: Jwk, resource: Resource): Promise<Recipient> {
    const known = imported.get(jwk) ?? recipientOf(jwk, resource.enc)
    imported.set(jwk, known)
    return known
  }

  return {
    async find(resource, now) {
      const source = sourceOf(resource)
      const fetched = await source.document?.get(now)
      if (fetched?.ok === false)
        log({ level: 'error', event: 'recipient', detail: `keys of a resource: ${fetched.detail}` })
      const keys = usableKeys(fetched === undefined ? resource.jwks : fetched.ok ? fetched.json['keys'] : [], resource)
      const jwk = fetched === undefined ? keys[0] : choose(keys, source, now)
      if (jwk === undefined) return undefined
      try {
        return await importOne(jwk, resource)
      } catch (error) {
        log({
          level: 'error',
          event: 'recipient',
          detail: `a key of a resource cannot be used: ${(error as Error).name}`,
        })
        return undefined
      }
    },
  }
}
