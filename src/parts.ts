/**
 * What several endpoints share, each made once: what is fetched or kept is so in one place.
 *
 * @module
 */

import {
  type AuthenticateClient,
  createClientAuthentication,
  type ProveClient,
  spendingAtOnce,
} from './authentication/client_authentication.ts'
import { createDocumentHolders, type DocumentHolders } from './authentication/document_client.ts'
import { type AllowedApps, createAllowedApps } from './authorization/allowed_apps.ts'
import { type Approve, createApprove } from './authorization/approve.ts'
import { type Answers, createAnswers } from './authorization/authorization_response.ts'
import { createChooseProvider } from './authorization/choose_provider.ts'
import { type Codes, createCodes } from './authorization/codes.ts'
import { type Consents, createConsents } from './authorization/consent.ts'
import { createFinishLogin } from './authorization/finished_login.ts'
import { createHandedTokens } from './authorization/handed_tokens.ts'
import { createIdentify } from './authorization/identified_person.ts'
import { createLogins, type Logins } from './authorization/login.ts'
import { createOpenedRequests, type OpenedRequests } from './authorization/opened_requests.ts'
import { createProviderLogout, type ProviderLogout } from './authorization/provider_logout.ts'
import { createPushedRequests, type PushedRequests } from './authorization/pushed_requests.ts'
import { createRememberedConsents } from './authorization/remembered_consents.ts'
import { createRequestObjects, type RequestObjects } from './authorization/request_object.ts'
import { createSessions, type Sessions } from './authorization/session.ts'
import { createShowClient } from './authorization/shown_client.ts'
import { createIsSufficient, type IsSufficient } from './authorization/sufficient_session.ts'
import { createWantedPersons } from './authorization/wanted_person.ts'
import { createWays } from './authorization/ways.ts'
import type { EndpointContext } from './context.ts'
import { type Cookies, createCookies } from './http/cookies.ts'
import { type AccessTokens, createAccessTokens } from './issuing/access_tokens.ts'
import { type BackchannelLogout, createBackchannelLogout } from './issuing/backchannel_logout.ts'
import { createHasEnded, type HasEnded } from './issuing/ended.ts'
import { createIdTokenHints, type IdTokenHints } from './issuing/id_token_hints.ts'
import { createIdTokens, type IdTokens } from './issuing/id_tokens.ts'
import { createKeptProviderTokens, type KeptTokensAt } from './issuing/kept_provider_tokens.ts'
import { createTellPerson, type TellPerson } from './issuing/live_profile.ts'
import { createPublicKeys, type PublicKeys } from './issuing/public_keys.ts'
import { createRevoking, type Revoking } from './issuing/revoking.ts'
import type { Fetch } from './remote/document.ts'
import { createRecipients } from './remote/resource_keys.ts'
import { type Assertions, createAssertions } from './remote/signer_keys.ts'
import { createRevocationView, type Revocations, type RevocationView } from './stores/revocations.ts'

/** What clients, resource servers and operators meet. */
export interface Parts {
  readonly proveClient: ProveClient
  readonly authenticateClient: AuthenticateClient
  readonly documentHolders: DocumentHolders
  readonly accessTokens: AccessTokens
  readonly idTokens: IdTokens
  readonly idTokenHints: IdTokenHints
  readonly hasEnded: HasEnded
  readonly backchannel: BackchannelLogout
  readonly tellPerson: TellPerson
  readonly assertions: Assertions
  readonly keptTokens: KeptTokensAt
  readonly publicKeys: PublicKeys
  readonly revocations: Revocations | undefined
  readonly revoking: Revoking
  readonly view: RevocationView
  readonly pushedRequests: PushedRequests
  readonly requestObjects: RequestObjects
}

/** What people meet beside that. */
export interface PersonalParts extends Parts {
  readonly cookies: Cookies
  readonly sessions: Sessions
  readonly providerLogout: ProviderLogout
  readonly logins: Logins
  readonly approve: Approve
  readonly codes: Codes
  readonly answers: Answers
  readonly allowed: AllowedApps
  readonly isSufficient: IsSufficient
  readonly consents: Consents
  readonly openedRequests: OpenedRequests
}

/** Makes what endpoints share. `fetch` gets what others tell. */
export function createParts(context: EndpointContext, fetch: Fetch): Parts {
  const { settings, log, events, keyRing } = context
  const { revocations, resources } = settings
  const publicKeys = createPublicKeys(context)
  const tellFailed = (method: string): void =>
    events.tell('remote.failed', { outcome: 'error', reason: 'remote_down', method })
  const assertions = createAssertions(fetch, log, context.strangers, tellFailed)
  const view = createRevocationView(revocations, log, (resource, at) =>
    keyRing.open(at).namesKeys(resource, resources.get(resource)?.branch),
  )
  const recipients = createRecipients(fetch, log, tellFailed)
  const proveClient = createClientAuthentication(context, assertions)
  const pushedRequests = createPushedRequests(context)
  const tellPerson = createTellPerson(context)
  const keptTokens = createKeptProviderTokens(context)
  return {
    proveClient,
    authenticateClient: spendingAtOnce(proveClient),
    documentHolders: createDocumentHolders(context),
    accessTokens: createAccessTokens(context, recipients, publicKeys),
    idTokens: createIdTokens(context, recipients, tellPerson),
    tellPerson,
    idTokenHints: createIdTokenHints(context),
    hasEnded: createHasEnded(context, view),
    backchannel: createBackchannelLogout(context, fetch),
    assertions,
    keptTokens,
    publicKeys,
    revocations,
    revoking: createRevoking(context, revocations, view, keptTokens),
    view,
    pushedRequests,
    requestObjects: createRequestObjects(context, { assertions, pushedRequests }),
  }
}

/** Makes what the endpoints of people share beside that. */
export function createPersonalParts(context: EndpointContext, parts: Parts): PersonalParts {
  const { pushedRequests, view } = parts
  const cookies = createCookies(context.settings.issuer)
  const sessions = createSessions(context, cookies, view, parts.backchannel, parts.keptTokens)
  const answers = createAnswers(context)
  const ways = createWays(context, { pushedRequests, answers })
  const wanted = createWantedPersons(context, parts.idTokenHints)
  const isSufficient = createIsSufficient(context, { sessions, wanted })
  const showClient = createShowClient(context)
  const allowed = createAllowedApps(context, cookies, showClient)
  const approve = createApprove(context)
  const codes = createCodes(context, { approve, pushedRequests, view, answers, allowed, sessions })
  const chooseProvider = createChooseProvider(context, cookies)
  const handedTokens = createHandedTokens(context, parts)
  const remembered = createRememberedConsents(context, cookies)
  return {
    ...parts,
    cookies,
    sessions,
    providerLogout: createProviderLogout(context),
    isSufficient,
    logins: createLogins(context, {
      cookies,
      answers,
      ways,
      identify: createIdentify(context, wanted),
      chooseProvider,
      wanted,
      showClient,
      finish: createFinishLogin(context, { sessions, pushedRequests, handedTokens, chooseProvider }),
    }),
    approve,
    codes,
    answers,
    allowed,
    consents: createConsents(context, { remembered, sessions, codes, answers, ways, isSufficient, showClient }),
    openedRequests: createOpenedRequests(cookies),
  }
}
