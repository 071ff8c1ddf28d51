/**
 * Token exchange: another token for one that the client was shown, about the same subject, never more than it, and only
 * as the client's rules let it (RFC 8693).
 *
 * @module
 */

import { isMembers } from '../../keys/check.ts'
import { type OAuthError, refusal } from '../protocol/error.ts'
import { TOKEN_EXCHANGE } from '../protocol/grant_type.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Reason } from '../protocol/reasons.ts'
import { readScope } from '../protocol/scope.ts'
import { clientSubject, isImpersonal } from '../protocol/subject.ts'
import { type Client, isPublic } from '../registration/clients/client.ts'
import type { ExchangeRule } from '../registration/exchange.ts'
import type { Resource } from '../registration/resource.ts'
import { chooseResource, scopesOf } from '../registration/resource_indicator.ts'
import type { Actor } from '../token/entitlement.ts'
import { checkAsksNobody, entitleAt } from './entitlement.ts'
import type { Decision, Grant } from './grant.ts'
import { ACCESS_TOKEN, openActor, openSubject, type Party, type PartyContext } from './party.ts'

/** How many may act for one another. */
const LONGEST_CHAIN = 4

function refuse(reason: Reason, detail: string): OAuthError {
  return refusal('invalid_request', reason, detail)
}

/**
 * Checks that a subject lets itself be acted for, and returns what it says of that, to go on with the token
 * (RFC 8693 §4.4). Without an actor the client itself is meant.
 */
function checkMayAct(subject: Party, actor: Party | undefined, client: Client, issuer: string): Actor | undefined {
  const { may_act } = subject
  if (may_act === undefined) return undefined
  const acting = actor?.name ?? { iss: issuer, sub: clientSubject(client.id), client_id: client.id }
  if (!isMembers(may_act)) throw refuse('assertion_malformed', 'may_act is malformed')
  const { sub, iss = subject.name.iss, client_id, ...others } = may_act
  const isClient = client_id === undefined || client_id === acting.client_id
  // What else it says of the actor could not be checked.
  if (sub !== acting.sub || iss !== acting.iss || !isClient || Object.keys(others).length > 0)
    throw refuse('not_admitted', 'the subject lets another act, not this one')
  return { sub: acting.sub, iss: acting.iss, ...(typeof client_id === 'string' ? { client_id } : {}) }
}

/** Returns who acts for whom, the latest first; all who did before stay. */
function chain(actor: Party | undefined, before: Actor | undefined): Actor | undefined {
  if (actor === undefined) return before
  const act: Actor = { sub: actor.sub, ...(before === undefined ? {} : { act: before }) }
  const length = (of: Actor | undefined): number => (of === undefined ? 0 : 1 + length(of.act))
  if (length(act) > LONGEST_CHAIN) throw refuse('not_admitted', 'too many act for one another')
  return act
}

/** Returns the one resource that is meant: by `resource`, or by `audience`, which here is the same. */
function chooseTarget(
  rules: readonly ExchangeRule[],
  requested: readonly string[] | undefined,
  parameters: Parameters,
  client: Client,
  context: PartyContext,
): Resource {
  const named = [...parameters.all('resource'), ...parameters.all('audience')]
  const resources = new Set([...client.resources].filter((uri) => rules.some(({ to }) => to.has(uri))))
  return chooseResource(named, requested, { ...client, resources }, context.resources)
}

/** Returns the scope that there may be: of the client, the resource, and the rules for which the subject has what they need. */
function allowedAt(
  resource: Resource,
  subject: Party,
  rules: readonly ExchangeRule[],
  client: Client,
): readonly string[] {
  const has = subject.scopeAt(resource)
  const needs = rules.filter(({ to }) => to.has(resource.uri)).flatMap(({ scopes }) => [...scopes])
  return scopesOf(client, resource).filter((token) => needs.some(([own, need]) => own === token && has.includes(need)))
}

function checkRequest(parameters: Parameters, client: Client): void {
  if (isPublic(client)) throw refusal('unauthorized_client', 'client_kind', 'a public client cannot exchange tokens')
  checkAsksNobody(client)
  const type = parameters.get('requested_token_type') ?? ACCESS_TOKEN
  if (type !== ACCESS_TOKEN) throw refuse('malformed', 'only access tokens are given')
}

async function decide(parameters: Parameters, client: Client, context: PartyContext): Promise<Decision> {
  checkRequest(parameters, client)
  const subject = await openSubject(parameters, client, context)
  const actor = await openActor(parameters, client, context)
  if (isImpersonal(subject.sub)) throw refuse('not_admitted', 'a client is no subject: it can ask for itself')
  const rules = client.exchange.filter(
    ({ from, impersonation }) => from.has(subject.from) && (impersonation || actor !== undefined),
  )
  if (rules.length === 0) throw refuse('not_admitted', 'no rule lets the client exchange this token so')
  const may_act = checkMayAct(subject, actor, client, context.issuer)
  const act = chain(actor, subject.act)
  const requested = readScope(parameters.get('scope'))
  const target = chooseTarget(rules, requested, parameters, client, context)
  const allowed = allowedAt(target, subject, rules, client)
  const entitlement = entitleAt(target, { sub: subject.sub, requested, allowed }, client, context)
  return {
    entitlement: {
      ...entitlement,
      exp: Math.min(entitlement.exp, subject.exp, actor?.exp ?? Number.POSITIVE_INFINITY),
      ...subject.kept,
      ...(subject.cnf === undefined ? {} : { cnf: subject.cnf }),
      ...(act === undefined ? {} : { act }),
      ...(may_act === undefined ? {} : { may_act }),
    },
    issued_token_type: ACCESS_TOKEN,
  }
}

/** Gives no refresh token: what was brought can be brought again. */
export const tokenExchange: Grant = { type: TOKEN_EXCHANGE, decide }
