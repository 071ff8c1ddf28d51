/**
 * Whom a client wants to see, and how that person must have logged in: what it says by `id_token_hint`, by the `claims` parameter,
 * by what it registered (OpenID Connect Core §3.1.2.1, §3.1.2.2, §5.5.1), and for an API by `acr_values` (RFC 9470 §5).
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { IdTokenHints } from '../issuing/id_token_hints.ts'
import type { Person } from '../login/authenticate.ts'
import { readClaimsRequest } from '../openid/claims_request.ts'
import { OPENID } from '../openid/openid.ts'
import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { readScope } from '../protocol/scope.ts'
import type { Client } from '../registration/clients/client.ts'
import { isForPersonsAlone, readWishes } from './wishes.ts'

/** Whom a client wants to see. */
export interface WantedPerson {
  /** Tells whether it is this one, by what the client calls people. */
  isSubject(person: Pick<Person, 'sub'>): boolean
  /** Whether not every login satisfies it. */
  readonly isContextNeeded: boolean
  /** Tells whether somebody logged in so must satisfy it. */
  isContext(person: Pick<Person, 'acr'>): boolean
}

/** What tells whom clients want to see. */
export interface WantedPersons {
  /**
   * Returns whom a request wants to see.
   *
   * @throws {OAuthError} `invalid_request` when its `id_token_hint` is none of ours for this client
   */
  read(parameters: Parameters, client: Client, now: number): Promise<WantedPerson>
  /**
   * Checks that the person who has just logged in is the one.
   *
   * @throws {OAuthError} `login_required`, `unmet_authentication_requirements`: both are for the client
   */
  check(person: Person, parameters: Parameters, client: Client, now: number): Promise<void>
}

/** Tells whether a context is one of those. Without any, each is, and none. */
function isOneOf(contexts: readonly string[] | undefined, acr: string | undefined): boolean {
  return contexts === undefined || (acr !== undefined && contexts.includes(acr))
}

/** Returns what tells whom clients want to see. */
export function createWantedPersons({ settings }: EndpointContext, hints: IdTokenHints): WantedPersons {
  const { openid, pairwise } = settings

  /**
   * Returns the contexts of which a login must be one for an API, whose token would else be refused there again and again
   * (RFC 9470 §5). Who asks for nothing but the person is told the context that there is (OpenID Connect Core §5.5.1.1).
   */
  function neededContexts(parameters: Parameters, client: Client): readonly string[] | undefined {
    const contexts = parameters.get('acr_values')?.split(' ').filter(Boolean)
    if (contexts === undefined || contexts.length === 0) return undefined
    return isForPersonsAlone(readWishes(parameters, client, settings), settings) ? undefined : contexts
  }

  async function read(parameters: Parameters, client: Client, now: number): Promise<WantedPerson> {
    const scope = readScope(parameters.get('scope')) ?? [OPENID]
    const needed = neededContexts(parameters, client)
    if (openid === undefined || !client.scopes.has(OPENID) || !scope.includes(OPENID))
      return {
        isSubject: () => true,
        isContextNeeded: needed !== undefined,
        isContext: ({ acr }) => isOneOf(needed, acr),
      }
    const { subjects, contexts } = readClaimsRequest(parameters.get('claims'), openid.claims)
    const hint = parameters.get('id_token_hint')
    const hinted = hint === undefined ? undefined : await hints.open(hint, now)
    if (hint !== undefined && hinted?.aud !== client.id)
      throw refusal('invalid_request', 'id_token_hint', 'id_token_hint is no ID token of ours for this client')
    return {
      isSubject({ sub }) {
        const name = pairwise.nameAt(client.openid, 'sub', sub)
        return (hinted === undefined || hinted.sub === name) && (subjects?.includes(name) ?? true)
      },
      isContextNeeded: contexts !== undefined || needed !== undefined,
      isContext: ({ acr }) => isOneOf(contexts, acr) && isOneOf(needed, acr),
    }
  }

  return {
    read,
    async check(person, parameters, client, now) {
      const wanted = await read(parameters, client, now)
      if (!wanted.isSubject(person))
        throw refusal('login_required', 'wrong_person', 'somebody else logged in than the client wants to see')
      if (!wanted.isContext(person))
        throw refusal(
          'unmet_authentication_requirements',
          'acr',
          'the login is not of a context that the client needs',
          {
            isForClient: true,
          },
        )
    },
  }
}
