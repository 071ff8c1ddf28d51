/**
 * What the operator decided, checked once, as the house uses it.
 *
 * @module
 */

import { checkBoolean, checkInteger, checkMembers } from '../../keys/check.ts'
import { createFaultList, readAll } from '../../keys/faults.ts'
import { checkIssuer, isLoopback } from '../../keys/identifier.ts'
import { type EventSubjects, readEventSubjects } from '../events/event_subjects.ts'
import type { Grant } from '../grants/grant.ts'
import { offeredGrants, readGrants } from '../grants/index.ts'
import type { Authenticate } from '../login/authenticate.ts'
import { developmentLogin } from '../login/development.ts'
import type { Openid } from '../openid/openid.ts'
import type { Branding } from '../pages/branding.ts'
import { readStrictTransportSecurity } from '../protocol/strict_transport_security.ts'
import { type Client, needsCertificate, type Profile } from '../registration/clients/client.ts'
import { checkSurroundings } from '../registration/clients/fapi2.ts'
import type { DetailTypes } from '../registration/details/authorization_details.ts'
import { type Pairwise, readPairwise } from '../registration/pairwise.ts'
import type { Resource } from '../registration/resource.ts'
import type { TrustedIssuer } from '../registration/trusted_issuer.ts'
import type { WalkInPolicy } from '../registration/walk_in/walk_in.ts'
import type { Guard } from '../stores/guard.ts'
import type { Revocations } from '../stores/revocations.ts'
import type { PurposeLives } from '../token/purpose.ts'
import { readBranding } from './branding.ts'
import { checkHandOvers } from './hand_over_needs.ts'
import { type GivenHomes, readHomes } from './homes.ts'
import type { IssuerSettings } from './issuer_settings.ts'
import { type Limits, readLimits } from './limits.ts'
import { livesOf } from './lives.ts'
import { servedClients } from './served_client.ts'
import { checkKinds, SETTING_KINDS, type SettingKind } from './setting_kinds.ts'
import { checkNeeds } from './setting_needs.ts'
import { readTables } from './setting_tables.ts'
import { checkBundle } from './settings_bundle.ts'

/** The settings as the house uses them. */
export interface CheckedSettings {
  readonly issuer: string
  readonly resources: ReadonlyMap<string, Resource>
  /** What is told of persons; nothing where the issuer is no OpenID provider. */
  readonly openid: Openid | undefined
  /** The issuer's own resource, which tells of persons. */
  readonly userinfo: Resource | undefined
  /** The resources that people can let a client have: all, and the issuer's own. */
  readonly approvable: ReadonlyMap<string, Resource>
  readonly clients: ReadonlyMap<string, Client>
  /** What clients may have that nobody configured; nothing where none may come. */
  readonly walkIns: WalkInPolicy | undefined
  /** The profile that all clients are in. */
  readonly profile: Profile | undefined
  /** The trusted issuers by their `iss`. */
  readonly trustedIssuers: ReadonlyMap<string, TrustedIssuer>
  /** The grant types that can be used with these settings, the operator's own too. */
  readonly grants: ReadonlyMap<string, Grant>
  readonly detailTypes: DetailTypes
  /** Whether all clients must push their authorization requests. */
  readonly isPushing: boolean
  readonly pairwise: Pairwise
  readonly guard: Guard | undefined
  readonly revocations: Revocations | undefined
  readonly authenticate: Authenticate | undefined
  /** Whether DPoP proofs need a nonce. */
  readonly dpopNonce: boolean
  /** What every answer says of HSTS, if anything. */
  readonly strictTransportSecurity: string | undefined
  /** Whether some client proves itself, or is bound, by a certificate: for no other they are read. */
  readonly hasCertificates: boolean
  /** Seconds that each kind of purpose envelope lives. */
  readonly lives: PurposeLives
  /** The homes that there are, and who gets which. */
  readonly homes: GivenHomes
  readonly sessionIdleLifetime: number
  /** What the pages have of the operator's own. */
  readonly branding: Branding
  /** Whether it is the issuer of a developer's machine, where anybody may be anybody. */
  readonly isDevelopment: boolean
  /** What is counted, and by whom. */
  readonly limits: Limits
  /** What people are called in events. */
  readonly eventSubjects: EventSubjects
  /** Seconds that the longest-lived thing sealed lives. */
  readonly longestLife: number
}

/** The compiler holds the names against the type: one that is missing here would be refused. */
const KINDS: Readonly<Record<keyof IssuerSettings, SettingKind>> = SETTING_KINDS

/**
 * Checks the settings and returns them as the house uses them.
 *
 * @throws {TypeError} when settings are missing, unknown or of a wrong type; all that is wrong is said
 * @throws {RangeError} when one setting is out of bounds
 */
export function checkSettings(settings: IssuerSettings): CheckedSettings {
  checkMembers('createIssuer', settings as unknown)
  const faults = createFaultList()
  faults.read(() => checkKinds(settings, KINDS))
  const { issuer, guard, authenticate, pairwiseSalt, sessionIdleLifetime = 7200, dpopNonce = true } = settings
  const { isDemo = false, requirePushedAuthorizationRequests: isPushing = false } = settings
  const grants = faults.read(() => readGrants(settings.grants ?? [])) ?? readGrants([])
  const tables = readTables(settings, [...grants.keys()], faults)
  const { resources, clients, walkIns, trustedIssuers } = tables
  const served = servedClients(clients, walkIns)
  const { pairwise, lives, homes, strictTransportSecurity, eventSubjects, limits, branding } = readAll(
    {
      issuer: () => checkIssuer('issuer', issuer),
      sessionIdleLifetime: () => checkInteger('sessionIdleLifetime', sessionIdleLifetime, 60, 2_592_000),
      dpopNonce: () => checkBoolean('dpopNonce', dpopNonce),
      isDemo: () => checkBoolean('isDemo', isDemo),
      isPushing: () => checkBoolean('requirePushedAuthorizationRequests', isPushing),
      strictTransportSecurity: () => readStrictTransportSecurity(issuer, settings.strictTransportSecurity),
      homes: () => readHomes(settings.homes, guard !== undefined && guard !== 'none'),
      limits: () => readLimits(settings.limits),
      branding: () => readBranding('branding', settings.branding),
      eventSubjects: () => readEventSubjects('eventSubjects', settings.eventSubjects),
      needs: () => checkNeeds(served, settings),
      bundle: () => checkBundle(settings),
      handOvers: () => checkHandOvers(resources, served, settings),
      surroundings: () => checkSurroundings(clients, { ...settings, resources, trustedIssuers }),
      pairwise: () => readPairwise(issuer, pairwiseSalt, resources, clients),
      lives: () => livesOf(served, settings),
    },
    faults,
  )
  const tokenLives = [...tables.approvable.values()].map(({ accessTokenLifetime }) => accessTokenLifetime)
  const sealed = authenticate === undefined ? tokenLives : [...tokenLives, ...Object.values(lives)]
  return {
    issuer,
    ...tables,
    grants: offeredGrants(grants, clients.values(), {
      isForPersons: authenticate !== undefined,
      hasTrustedIssuers: trustedIssuers.size > 0,
    }),
    isPushing: isPushing || tables.profile !== undefined,
    pairwise,
    guard: guard === 'none' ? undefined : guard,
    revocations: settings.revocations,
    authenticate,
    dpopNonce,
    strictTransportSecurity,
    hasCertificates: [...clients.values()].some(needsCertificate),
    lives,
    homes,
    sessionIdleLifetime,
    branding,
    isDevelopment: (isDemo && isLoopback(issuer)) || authenticate === developmentLogin,
    limits,
    eventSubjects,
    longestLife: sealed.reduce((longest, life) => Math.max(longest, life), 0),
  }
}
