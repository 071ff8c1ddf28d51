/**
 * The parties to a token exchange: whom a token that the client brings is about (RFC 8693 §2.1).
 *
 * @module
 */

import { type OAuthError, refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Reason } from '../protocol/reasons.ts'
import type { Client } from '../registration/clients/client.ts'
import type { Resource } from '../registration/resource.ts'
import { scopesOf } from '../registration/resource_indicator.ts'
import type { Actor, Confirmation, Entitlement, Opened } from '../token/entitlement.ts'
import type { GrantContext } from './grant.ts'
import { openVouched, within } from './vouched.ts'

/** The type of our own access tokens (RFC 8693 §3): what is taken, and what is given. */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** The types of the assertions of trusted issuers (RFC 8693 §3). */
const ASSERTIONS = ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token']

/** Somebody whom a token is about. */
export interface Party {
  /** Where the token is from: the URI of a resource, or the name of a trusted issuer. */
  readonly from: string
  /** Who it is here. */
  readonly sub: string
  /** Who it is where the token is from. */
  readonly name: { readonly iss: string; readonly sub: string; readonly client_id: string | undefined }
  /** When the token ends. Unix seconds. */
  readonly exp: number
  /** What of our own token goes on: when and how the person logged in, and of which approval it came. */
  readonly kept: Partial<Pick<Entitlement, 'gid' | 'auth_time' | 'acr' | 'amr'>>
  readonly cnf: Confirmation | undefined
  readonly act: Actor | undefined
  readonly may_act: unknown
  /** Returns the scope that the token gives, or would give, at a resource. */
  readonly scopeAt: (resource: Resource) => readonly string[]
}

/** What is needed of the context to open the tokens of an exchange. */
export type PartyContext = Omit<GrantContext, 'detailTypes' | 'confirmation' | 'approvals'>

function refuse(reason: Reason, detail: string): OAuthError {
  // A token that is not taken makes the request one that is not valid (RFC 8693 §2.2.2).
  return refusal('invalid_request', reason, detail)
}

/** Checks that nothing of what a token was made from has ended. */
async function checkLive({ entitlement, ...keys }: Opened, context: PartyContext): Promise<void> {
  const { gid } = entitlement
  const [isRevoked, hasEnded] = await Promise.all([
    context.isRevoked({ ...entitlement, ...keys }),
    gid === undefined ? false : context.guard?.hasEnded([gid]),
  ])
  if (isRevoked || hasEnded === true) throw refuse('grant_ended', 'the token, or what it came of, was revoked')
}

async function openOwn(token: string, from: readonly Resource[], context: PartyContext): Promise<Party> {
  const opened = await context.brought.openOwn(token, from)
  if (opened === undefined) throw refuse('token_unopened', 'the token is none of ours that this client may exchange')
  const { sub, client_id, aud, scope, exp, gid, auth_time, acr, amr, cnf, act, may_act } = opened.entitlement
  if (opened.entitlement.authorization_details !== undefined)
    throw refuse('not_admitted', 'what a token allows in detail cannot be carried over to another')
  if (cnf !== undefined && !context.brought.isProved(cnf))
    throw refuse('wrong_key', 'the token is bound to a key that is not proved')
  await checkLive(opened, context)
  return {
    from: aud,
    sub,
    name: { iss: context.issuer, sub, client_id },
    exp,
    kept: {
      ...(gid === undefined ? {} : { gid }),
      ...(auth_time === undefined ? {} : { auth_time }),
      ...(acr === undefined ? {} : { acr }),
      ...(amr === undefined ? {} : { amr }),
    },
    cnf,
    act,
    may_act,
    scopeAt: () => scope,
  }
}

async function openExternal(token: string, client: Client, context: PartyContext): Promise<Party> {
  const { issuer, claims, sub, name, exp, rules } = await openVouched(token, client, context, 'invalid_request')
  // What it is for it says itself, and it is good once: for the JWT bearer grant alone.
  if (issuer.profile === 'id-jag') throw refuse('not_admitted', 'an ID-JAG is not exchanged')
  return {
    from: issuer.name,
    sub,
    name: { iss: issuer.iss, sub: name, client_id: undefined },
    exp,
    kept: {},
    cnf: claims['cnf'] as Confirmation | undefined,
    act: undefined,
    may_act: claims['may_act'],
    scopeAt: (resource) => scopesOf(within(client, rules, resource.uri), resource),
  }
}

/** Returns the resources of these URIs whose tokens can be exchanged. */
function exchangeable(uris: Iterable<string>, { resources }: PartyContext): readonly Resource[] {
  return [...uris].flatMap((uri) => resources.get(uri) ?? []).filter(({ exchange }) => exchange)
}

/**
 * Returns the party of one of the two tokens that a request can bring, or nothing when it does not bring that one.
 *
 * @throws {OAuthError} `invalid_request` when the token is not taken, or its type does not come with it
 */
async function openParty(
  role: 'subject' | 'actor',
  from: Iterable<string>,
  parameters: Parameters,
  client: Client,
  context: PartyContext,
): Promise<Party | undefined> {
  const [token, type] = [parameters.get(`${role}_token`), parameters.get(`${role}_token_type`)]
  if (token === undefined && type === undefined) return undefined
  if (token === undefined || type === undefined) throw refuse('malformed', `${role}_token and its type go together`)
  // The type is believed, and never guessed from the token: one door for each kind.
  if (type === ACCESS_TOKEN) return openOwn(token, exchangeable(from, context), context)
  if (ASSERTIONS.includes(type)) return openExternal(token, client, context)
  throw refuse('malformed', `${role}_token_type is not known`)
}

/**
 * Returns whom the token is about that the client wants another for.
 *
 * @throws {OAuthError} `invalid_request`
 */
export async function openSubject(parameters: Parameters, client: Client, context: PartyContext): Promise<Party> {
  const from = new Set(client.exchange.flatMap((rule) => [...rule.from]))
  const subject = await openParty('subject', from, parameters, client, context)
  if (subject === undefined) throw refuse('malformed', 'subject_token is missing')
  return subject
}

/**
 * Returns who is to act, if somebody is named: by a token that was issued to this client, or a trusted issuer's assertion
 * that it may bring.
 *
 * @throws {OAuthError} `invalid_request`
 */
export async function openActor(
  parameters: Parameters,
  client: Client,
  context: PartyContext,
): Promise<Party | undefined> {
  const actor = await openParty('actor', client.resources, parameters, client, context)
  if (actor === undefined) return undefined
  const { iss, client_id } = actor.name
  if (iss === context.issuer && client_id !== client.id)
    throw refuse('other_client', 'the actor token was issued to another client')
  if (actor.act !== undefined) throw refuse('not_admitted', 'somebody acts for the actor')
  return actor
}
