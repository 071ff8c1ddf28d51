/**
 * The public keys that resource servers and clients gave, to encrypt to: from the settings, or from where they tell them themselves.
 *
 * @module
 */

import { isRecipient, type KeyRecipient, keyManagementOf, type Recipient, recipientOf } from '../jose/recipient.ts'
import type { Log } from '../log.ts'
import { createRemoteDocument, type Fetch, type RemoteDocument, type TellFailed } from './document.ts'

type Jwk = Readonly<Record<string, unknown>>

/** Whom something is sealed to: a resource, or a client. */
export interface KeyHolder {
  /** What it is. Default `"resource"`. */
  readonly kind?: 'client'
  /** Names it: no other has this name. */
  readonly uri: string
  readonly enc: KeyRecipient['enc']
  readonly encryptionAlg: string
  /** Its public keys, where they are in the settings. */
  readonly jwks: readonly Jwk[]
  /** Where it tells its public keys, if it does. */
  readonly jwksUri: string | undefined
  /** Whether it has keys to sign with as well: only those that say so are to encrypt to. Default false. */
  readonly isSigning?: boolean
}

/** The keys to seal to. */
export interface Recipients {
  /** Returns the key to seal a resource's tokens to, or a client's, or nothing when there is none that can be used. */
  find(holder: KeyHolder, now: number): Promise<Recipient | undefined>
}

/** Seconds that a key must have been seen before anything is sealed to it: all of the server's machines know it then. */
const SEEN_FOR = 300

/** Where a resource's keys come from, since when each was seen, and what was imported of them. */
interface Source {
  readonly document: RemoteDocument | undefined
  readonly since: Map<string, number>
  readonly imported: WeakMap<Jwk, Promise<Recipient>>
}

/** Returns the keys of a set that can be used for a resource, each with a kid of its own. */
function usableKeys(keys: unknown, { encryptionAlg, isSigning = false }: KeyHolder): readonly Jwk[] {
  const list: readonly unknown[] = Array.isArray(keys) ? keys : []
  const usable = list
    .filter((jwk): jwk is Jwk => typeof jwk === 'object' && jwk !== null)
    .filter((jwk) => isRecipient(jwk) && keyManagementOf(jwk) === encryptionAlg)
    .filter(({ use }) => !isSigning || use === 'enc')
  const kids = usable.map((jwk) => jwk['kid'])
  return usable.filter((_, index) => kids.indexOf(kids[index]) === kids.lastIndexOf(kids[index]))
}

/** Returns what tells a key from every other: its kid, and what it is. Other bytes under a known kid are a new key. */
function markOf({ kid, n, x, y }: Jwk): string {
  return JSON.stringify([kid, n, x, y])
}

/** Returns the key to use of those that were fetched, by how long each has been seen. */
function choose(keys: readonly Jwk[], since: Map<string, number>, now: number): Jwk | undefined {
  const marks = new Set(keys.map(markOf))
  for (const mark of since.keys()) if (!marks.has(mark)) since.delete(mark)
  // One that was first seen in the future was seen by a clock that has been set back: it is seen from now on.
  for (const mark of marks) since.set(mark, Math.min(since.get(mark) ?? now, now))
  const seenSince = (jwk: Jwk): number => since.get(markOf(jwk)) ?? now
  const settled = keys.filter((jwk) => now - seenSince(jwk) >= SEEN_FOR).sort((a, b) => seenSince(b) - seenSince(a))
  // All keys are new when the issuer has just started: then the first of them, which has been there longest.
  return settled[0] ?? keys.toSorted((a, b) => seenSince(a) - seenSince(b))[0]
}

/**
 * Returns the keys of resource servers and clients.
 *
 * Of several keys the newest that has been seen for five minutes is taken, the only one at once. Keys that cannot be
 * fetched go on serving for a day.
 */
export function createRecipients(fetch: Fetch, log: Log, tellFailed: TellFailed = () => {}): Recipients {
  const sources = new Map<string, Source>()
  const report = (detail: string): void => log({ level: 'error', event: 'recipient', detail })

  function sourceOf({ uri, jwksUri }: KeyHolder): Source {
    const known = sources.get(uri)
    if (known !== undefined) return known
    const document = jwksUri === undefined ? undefined : createRemoteDocument(jwksUri, fetch)
    const source: Source = { document, since: new Map(), imported: new WeakMap() }
    sources.set(uri, source)
    return source
  }

  function importOne(jwk: Jwk, { enc }: KeyHolder, { imported }: Source): Promise<Recipient> {
    const known = imported.get(jwk) ?? recipientOf(jwk, enc)
    imported.set(jwk, known)
    return known
  }

  /** Returns the key that is to be used, as a JWK. */
  async function find(holder: KeyHolder, source: Source, now: number): Promise<Jwk | undefined> {
    if (source.document === undefined) return usableKeys(holder.jwks, holder)[0]
    const fetched = await source.document.get(now)
    if (fetched.ok) return choose(usableKeys(fetched.json['keys'], holder), source.since, now)
    report(`keys of a ${holder.kind ?? 'resource'}: ${fetched.detail}`)
    tellFailed('recipient')
    return undefined
  }

  return {
    async find(holder, now) {
      const source = sourceOf(holder)
      const jwk = await find(holder, source, now)
      if (jwk === undefined) return undefined
      try {
        return await importOne(jwk, holder, source)
      } catch (error) {
        report(`a key of a ${holder.kind ?? 'resource'} cannot be used: ${(error as Error).name}`)
        return undefined
      }
    },
  }
}
