/**
 * The grants of a person for which tokens of a provider are kept: what ends there ends with the last of them. The list lies at the
 * guard, sealed, under a name that tells nobody whose it is.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import { refusal } from '../protocol/error.ts'
import { createKept, type Kept, type KeptContext } from './kept_at_guard.ts'

/** Somebody at a provider. */
export interface Owner {
  /** Who, as we call the person. */
  readonly sub: string
  /** What the settings call the provider. */
  readonly provider: string
}

/** A grant for which tokens are kept. */
export interface ProviderGrant {
  readonly gid: string
  /** When it ends. Unix seconds. */
  readonly until: number
  /** What it ends with before that, by short digests: the app; and the session, unless it outlives that. */
  readonly marks: readonly string[]
}

/** The grants of persons at providers. */
export interface ProviderGrants {
  /** Notes a grant, or what is known of it now. */
  note(owner: Owner, grant: ProviderGrant): Promise<void>
  /** Takes grants out, and tells whether any of them was there, and whether others are. */
  end(owner: Owner, gids: readonly string[]): Promise<{ readonly wasKnown: boolean; readonly areOthers: boolean }>
  /** Returns the ids of the grants that end with something; of all of them without. */
  find(owner: Owner, mark?: string): Promise<readonly string[]>
}

/** How many grants of a person at a provider are known: the newest. */
const MOST_GRANTS = 12

/** Returns what a grant ends with, as a list holds it. */
export function markOf(kind: 'session' | 'app', name: string): string {
  return digestLabels(kind, name).slice(0, 11)
}

/** Returns the name under which a list lies. */
function placeOf({ sub, provider }: Owner): string {
  return `provider grants ${digestLabels('provider grants', provider, sub)}`
}

/** Returns the grants of a list that have not ended by themselves. */
function readGrants({ grants }: Kept, now: number): readonly ProviderGrant[] {
  return ((grants ?? []) as readonly ProviderGrant[]).filter(({ until }) => until > now)
}

/** Returns the grants of persons at providers. */
export function createProviderGrants(context: Omit<KeptContext, 'purpose'>): ProviderGrants {
  const { guard, now } = context
  const kept = createKept({ ...context, purpose: 'provider' })

  /** Returns a list as it is written, which lasts as long as its last grant. */
  function written(grants: readonly ProviderGrant[]): { readonly after: Kept; readonly until: number } {
    return { after: { grants }, until: Math.max(now + 1, ...grants.map(({ until }) => until)) }
  }

  async function change<Answer>(
    owner: Owner,
    decide: (grants: readonly ProviderGrant[]) => {
      readonly after?: Kept
      readonly until?: number
      readonly answer: Answer
    },
  ): Promise<Answer> {
    const answer = await kept.change(placeOf(owner), 'grants', now, (before) => decide(readGrants(before, now)))
    if (answer !== undefined) return answer
    throw refusal('temporarily_unavailable', 'contention', 'the grants at a provider are changed too often', {
      retryAfter: 2,
    })
  }

  return {
    async note(owner, grant) {
      await change(owner, (grants) => {
        const others = grants.filter(({ gid }) => gid !== grant.gid)
        return { ...written([grant, ...others].slice(0, MOST_GRANTS)), answer: true }
      })
    },
    end: (owner, gids) =>
      change(owner, (grants) => {
        const others = grants.filter(({ gid }) => !gids.includes(gid))
        const wasKnown = others.length < grants.length
        return { ...(wasKnown ? written(others) : {}), answer: { wasKnown, areOthers: others.length > 0 } }
      }),
    async find(owner, mark) {
      const envelope = await guard.look(placeOf(owner))
      const list = envelope === undefined ? undefined : await kept.openKept('grants', envelope)
      const grants = readGrants(list ?? {}, now)
      return grants.filter(({ marks }) => mark === undefined || marks.includes(mark)).map(({ gid }) => gid)
    },
  }
}
