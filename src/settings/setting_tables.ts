/**
 * The tables of the settings, read an entry at a time: what is wrong with one hides nothing of the others.
 *
 * @module
 */

import { checkMembers } from '../../keys/check.ts'
import { type FaultList, readEach } from '../../keys/faults.ts'
import { findResource, isLoopback } from '../../keys/identifier.ts'
import { type Openid, userinfoOf } from '../openid/openid.ts'
import { readOpenid } from '../openid/openid_registration.ts'
import type { Client, Profile } from '../registration/clients/client.ts'
import { readClient } from '../registration/clients/client_registration.ts'
import { readProfile } from '../registration/clients/fapi2.ts'
import type { DetailTypes } from '../registration/details/authorization_details.ts'
import { readDetailType } from '../registration/details/authorization_details_registration.ts'
import type { Resource } from '../registration/resource.ts'
import { readResource } from '../registration/resource_registration.ts'
import { readTrustedIssuers, type TrustedIssuer } from '../registration/trusted_issuer.ts'
import { checkApart, userinfoResource } from '../registration/userinfo.ts'
import type { WalkInPolicy } from '../registration/walk_in/walk_in.ts'
import { readRegistration } from '../registration/walk_in/walk_in_registration.ts'

/** A table of the settings; what cannot be read stands there as nothing, so that who refers to it is not at fault as well. */
type Table<Value> = ReadonlyMap<string, Value | undefined>

/** Reads each entry of a table. */
function readTable<Value>(
  name: string,
  table: unknown,
  read: (key: string, value: unknown) => Value,
  faults: FaultList,
): Table<Value> {
  const given = faults.read(() => {
    checkMembers(name, table)
    return table
  })
  return new Map(Object.entries(given ?? {}).map(([key, value]) => [key, faults.read(() => read(key, value))]))
}

/** Returns what could be read. */
function readable<Value>(table: Table<Value>): ReadonlyMap<string, Value> {
  return new Map([...table].filter((entry): entry is [string, Value] => entry[1] !== undefined))
}

/** Checks that no resource stands there in two spellings. */
function checkSpellings(uris: readonly string[]): void {
  readEach(uris, (uri, index) => {
    if (findResource(uris.slice(0, index), uri) !== undefined)
      throw new RangeError(`"resources" expected each resource once: "${uri}" stands there in another spelling`)
  })
}

/** The tables, as the operator wrote them. */
export interface GivenTables {
  readonly issuer: string
  readonly resources: unknown
  readonly clients: unknown
  readonly profile?: unknown
  readonly trustedIssuers?: unknown
  readonly authorizationDetailsTypes?: unknown
  readonly openid?: unknown
  readonly registration?: unknown
  readonly registrationKeys?: unknown
}

/** The tables, as far as they can be read. */
export interface ReadTables {
  readonly resources: ReadonlyMap<string, Resource>
  /** What is told of persons; nothing where the issuer is no OpenID provider. */
  readonly openid: Openid | undefined
  /** The issuer's own resource, which tells of persons. */
  readonly userinfo: Resource | undefined
  /** The resources that people can let a client have: all, and the issuer's own. */
  readonly approvable: ReadonlyMap<string, Resource>
  readonly detailTypes: DetailTypes
  readonly clients: ReadonlyMap<string, Client>
  /** What clients may have that nobody configured; nothing where none may come. */
  readonly walkIns: WalkInPolicy | undefined
  /** The trusted issuers by their `iss`. */
  readonly trustedIssuers: ReadonlyMap<string, TrustedIssuer>
  /** The profile that all clients are in. */
  readonly profile: Profile | undefined
}

/**
 * Reads the tables, as far as they can be: what is wrong with the others is in the list.
 *
 * @param grantTypes those that clients can have
 */
export function readTables(settings: GivenTables, grantTypes: readonly string[], faults: FaultList): ReadTables {
  const { issuer, trustedIssuers = {}, authorizationDetailsTypes = {} } = settings
  const isLoopbackAllowed = isLoopback(issuer)
  const resources = readTable(
    'resources',
    settings.resources,
    (uri, value) => readResource(uri, value, isLoopbackAllowed),
    faults,
  )
  const detailTypes = readTable(
    'authorizationDetailsTypes',
    authorizationDetailsTypes,
    (type, value) => readDetailType(type, value, resources),
    faults,
  )
  const openid = faults.read(() => readOpenid('openid', settings.openid))
  const userinfo = openid === undefined ? undefined : userinfoResource(String(issuer), openid)
  if (userinfo !== undefined) faults.read(() => checkApart(resources, userinfo))
  // Where nobody can tell what it has for scopes, a client's may be of these.
  const unread =
    settings.openid !== undefined && userinfo === undefined ? [[userinfoOf(issuer), undefined] as const] : []
  const known = {
    userinfo,
    grantTypes,
    resources: new Map([...resources, ...unread]),
    detailTypes,
    // What is for the JWT bearer grant alone is not exchanged.
    trustedIssuers: Object.entries(Object(trustedIssuers)).flatMap(([id, value]) =>
      Object(value).profile === 'id-jag' ? [] : [id],
    ),
    isLoopbackAllowed,
    profile: faults.read(() => readProfile('profile', settings.profile)),
  }
  const clients = readTable('clients', settings.clients, (id, value) => readClient(id, value, known), faults)
  const place = { ...known, issuer, keys: settings.registrationKeys }
  const walkIns = faults.read(() => readRegistration('registration', settings.registration, place))
  faults.read(() => checkMembers('trustedIssuers', trustedIssuers))
  const trusting = { issuer, clients, resources, isLoopbackAllowed }
  const trusted = faults.read(() => readTrustedIssuers(Object(trustedIssuers), trusting))
  faults.read(() => checkSpellings([...resources.keys()]))
  const apis = readable(resources)
  return {
    profile: known.profile,
    openid,
    userinfo,
    approvable: userinfo === undefined ? apis : new Map([...apis, [userinfo.uri, userinfo]]),
    resources: apis,
    detailTypes: readable(detailTypes),
    clients: readable(clients),
    walkIns,
    trustedIssuers: trusted ?? new Map(),
  }
}
