/**
 * The revocation bundle for all verifiers, and the operator's own hand at it.
 *
 * @module
 */

import { findResource } from '../../keys/identifier.ts'
import { branchOfLeaf } from '../../keys/index.ts'
import type { AuthenticateClient } from '../authentication/client_authentication.ts'
import { checkKind } from '../authentication/client_kind.ts'
import type { EndpointContext } from '../context.ts'
import type { EventFacts } from '../events/event.ts'
import { type AskedFor, createFormEndpoint, type FormEndpoint } from '../http/form_endpoint.ts'
import { type Answer, answerError, answerJson } from '../http/respond.ts'
import type { BackchannelLogout } from '../issuing/backchannel_logout.ts'
import type { RevokedBranches, Revoking } from '../issuing/revoking.ts'
import { OAUTH_ERRORS, refusal } from '../protocol/error.ts'
import type { Reason } from '../protocol/reasons.ts'
import { isImpersonal } from '../protocol/subject.ts'
import type { Client } from '../registration/clients/client.ts'
import { createKept } from '../remote/kept.ts'
import type { Revocations } from '../stores/revocations.ts'
import { homeOf } from '../token/home.ts'
import { REVOCATIONS_TYP, type RevocationEvents } from '../token/revocations.ts'
import type { WaitUntil } from '../wait_until.ts'

/** Seconds that anybody may keep a bundle. */
const MAX_AGE = 5

/** Seconds between two dates of bundles: within, what has not changed need not be sent again. */
const DATE_EVERY = 30

/** Seconds that one process may give the same bundle, or say that it has none. */
const KEPT_FOR = 2

/** Seconds that a bundle is good for; a verifier's own `maxStale` is shorter. */
const BUNDLE_LIFE = 3600

/**
 * Seconds from a revocation to its refusal by every verifier with default settings, while the issuer can be reached: 2 in
 * the issuer, 5 on the way, 10 in the verifier, and 2.5 for the fetch itself.
 */
export const REVOCATION_DELAY = 20

/** What an operator can revoke. */
const ASKED = ['sub', 'client', 'grant', 'kid', 'resource'] as const

type Asked = (typeof ASKED)[number]

/** What the id of a grant looks like that says no home. */
const GRANT_ID = /^[\w-]{22,43}$/

function isAsked(kind: string): kind is Asked {
  return (ASKED as readonly string[]).includes(kind)
}

/** Returns events in an order that does not tell which were written together. */
function inOrder(events: RevocationEvents): RevocationEvents {
  if (events.name === undefined) return events
  return {
    ...events,
    name: Object.fromEntries(Object.entries(events.name).sort(([one], [other]) => (one < other ? -1 : 1))),
  }
}

/** The answer with a bundle, or why there is none. */
type Told = { readonly ok: true; readonly answer: Answer } | { readonly ok: false; readonly error: unknown }

/** Returns `GET /revocations`. */
export function createRevocationsEndpoint(context: EndpointContext, revocations: Revocations): () => Promise<Answer> {
  const { settings, sign, log } = context
  const { issuer } = settings

  async function create(now: number): Promise<Answer> {
    const { epoch, seq, salt, events } = await revocations.read(now, 'access tokens')
    const iat = now - (now % DATE_EVERY)
    // JSON leaves out an epoch that is not there.
    const claims = { iss: issuer, iat, exp: iat + BUNDLE_LIFE, epoch, seq, salt, events: inOrder(events) }
    const headers = {
      'Content-Type': 'application/jwt',
      'Cache-Control': `public, max-age=${MAX_AGE}`,
      ETag: `W/"${epoch ?? 0}-${seq}-${iat}"`,
    }
    return { status: 200, headers, body: await sign(claims, REVOCATIONS_TYP, 'ES256', now) }
  }

  const told = (now: number): Promise<Told> =>
    create(now).then(
      (answer) => ({ ok: true, answer }),
      (error: unknown) => ({ ok: false, error }),
    )
  const kept = createKept(told, {
    fresh: () => KEPT_FOR,
    hold: KEPT_FOR,
    most: KEPT_FOR,
    cooldown: KEPT_FOR,
    retry: KEPT_FOR,
  })

  return async () => {
    const given = await kept.get(context.now())
    return given.ok ? given.answer : answerError(given.error, { event: 'revocations', log })
  }
}

/** Returns why it is refused what nobody knows: settings that are still to come may know it. */
function reasonOf(asked: Asked, value: string): Reason {
  if (asked === 'resource') return 'unknown_resource'
  if (asked === 'client' || (asked === 'sub' && value.startsWith('client:'))) return 'unknown_client'
  return asked === 'sub' ? 'unknown_issuer' : 'unknown_value'
}

/** What the operator's endpoint needs beside the context. */
export interface OperatorParts {
  readonly authenticateClient: AuthenticateClient
  readonly revoking: Revoking
  readonly backchannel: BackchannelLogout
}

/** Returns `POST /revocations`: an operator revokes a subject, a client, a grant, a key, or lower branches of a resource. */
export function createOperatorEndpoint(
  context: EndpointContext,
  { authenticateClient, revoking, backchannel }: OperatorParts,
): FormEndpoint {
  const { settings, clients, keyRing, log, events } = context
  const { resources, trustedIssuers, walkIns } = settings
  /** Tells whether something can have been issued to a client: nothing is to resource servers and operators. */
  const newestBranch = Math.max(1, ...[...resources.values()].map(({ branch }) => branch))
  const isClient = (id: string): boolean =>
    // What is blocked is known no more, and may have tokens that live.
    clients.find(id)?.kind === 'client' || walkIns?.blocked.has(id) === true
  /** A person's name, and an approval's, are written nowhere: only what is nobody's can be told. */
  const isKnown: Readonly<Record<Asked, (value: string, now: number) => boolean>> = {
    sub: (value) => {
      const [, kind, name = ''] = /^(client|external):([^:]*)/.exec(value) ?? []
      if (kind === 'client') return isClient(value.slice('client:'.length))
      return kind === undefined || [...trustedIssuers.values()].some((issuer) => issuer.name === name)
    },
    client: isClient,
    grant: () => true,
    kid: (value, now) => keyRing.knows(value, now) && branchOfLeaf(value) <= newestBranch,
    resource: (value) => findResource(resources.keys(), value) !== undefined,
  }
  /** Returns what events say of what is revoked: what is revoked as unknown could be anything, and is not repeated. */
  function toldOf(asked: Asked, value: string, now: number): EventFacts {
    if (asked === 'grant') return GRANT_ID.test(value) || homeOf(value) !== undefined ? { gid: value } : {}
    if (!isKnown[asked](value, now)) return {}
    return { [{ sub: 'subject', client: 'client', kid: 'kid', resource: 'resource' }[asked]]: value }
  }
  const hands: Readonly<
    Record<Exclude<Asked, 'resource'>, (value: string, now: number, waitUntil: WaitUntil) => Promise<void>>
  > = {
    async sub(value, now, waitUntil) {
      await revoking.subject(value, now, 'operator', waitUntil)
    },
    client: (value, now) => revoking.client(value, now, 'operator'),
    grant: (value, now, waitUntil) => revoking.grant(value, now, 'operator', waitUntil),
    kid: (value, now) => revoking.key(value, now, 'operator'),
  }

  /** Tells the operator which branch counts; that something was revoked, only if it was. */
  function answerBranches({ branch, isWritten }: RevokedBranches, { id }: Client): Answer {
    const why = isWritten ? undefined : branch === 1 ? 'first_branch' : 'revoked_already'
    log({ level: 'info', event: 'revocations', code: why ?? 'resource', client: id })
    events.tell('token.revoked', why === undefined ? {} : { reason: 'not_revocable' })
    if (why === undefined)
      return answerJson(200, { revoked: 'resource', effective_within: REVOCATION_DELAY, lowest_branch: branch })
    const { status, description } = OAUTH_ERRORS.invalid_request
    return answerJson(status, { error: 'invalid_request', error_description: description, why, branch })
  }

  const askedFor: AskedFor = (parameters) => (parameters?.get('kind') === 'sub' ? 'subject.revoked' : 'token.revoked')

  return createFormEndpoint(
    context,
    'revocations',
    askedFor,
    async ({ parameters, headers, certificate, waitUntil, now }) => {
      const client = await authenticateClient({ headers, parameters, certificate, now })
      checkKind(client, 'operator')
      const [asked, value] = [parameters.require('kind'), parameters.require('value')]
      if (!isAsked(asked)) throw refusal('invalid_request', 'malformed', 'kind is unknown')
      events.note({ by: client.id, method: asked, ...toldOf(asked, value, now) })
      if (parameters.get('unknown') !== 'true' && !isKnown[asked](value, now))
        throw refusal('unknown_value', reasonOf(asked, value), `no such ${asked}`)
      if (asked === 'resource') return answerBranches(await revoking.resource(value, now, 'operator'), client)
      await hands[asked](value, now, waitUntil)
      // In which browsers they are, and what was told there, nobody remembers: so all are told, and of no session.
      if (asked === 'sub' && !isImpersonal(value))
        backchannel.tell({ sub: value }, backchannel.listening, waitUntil, now)
      log({ level: 'info', event: 'revocations', code: asked, client: client.id })
      events.tell(asked === 'sub' ? 'subject.revoked' : 'token.revoked')
      // Anonymous tokens name no client: nobody is told that these were revoked.
      const isAnonymous = asked === 'client' && clients.find(value)?.anonymous === true
      const except = isAnonymous ? { except: 'anonymous tokens' } : {}
      return answerJson(200, { revoked: asked, effective_within: REVOCATION_DELAY, ...except })
    },
  )
}
