/**
 * What the operator says of clients that walk in: the setting `registration`.
 *
 * @module
 */

import { decodeBase64url } from '../../../keys/base64url.ts'
import { checkMembers, type Members, readBoolean, readInteger, readText, readTexts } from '../../../keys/check.ts'
import { createFaultList, readAll, readEach } from '../../../keys/faults.ts'
import { STANDARD_SCOPES } from '../../openid/openid.ts'
import type { Client } from '../clients/client.ts'
import { type Known, readClientAs } from '../clients/client_registration.ts'
import { createDynamicIds } from './dynamic_id.ts'
import type { WalkInPolicy } from './walk_in.ts'

/** Lets clients in that nobody configured. */
export interface RegistrationSettings {
  /** The URIs of the resources that they may have tokens for. */
  readonly resources: readonly string[]
  /** The most that any of them may have; with the setting `openid`, `openid profile email offline_access` of it too. */
  readonly scopes: readonly string[]
  /** The resource that a request means which names none, as clients of MCP before June 2025 do. Default: the only one; of several none, and such a request is `invalid_target`. */
  readonly default_resource?: string
  /** Whether an https URL can be a client's id, whose document tells about it. Default true. */
  readonly documents?: boolean
  /** Whether clients can register by `POST /register`. Default: where there are registration keys. */
  readonly dynamic?: boolean
  /** The hosts whose documents are taken. Default: any public one. */
  readonly document_hosts?: readonly string[]
  /** The hosts that https redirect URIs may have; apps on a person's device are let in all the same. Default: any. */
  readonly redirect_hosts?: readonly string[]
  /** Seconds after which an approval ends, and all refresh tokens with it; 60 to 31536000. Default 2592000, 30 days. */
  readonly refresh_token_lifetime?: number
  /** Seconds in which a refresh token that was used gives the same answer again; 0 to 1800. Default 30. */
  readonly refresh_token_grace?: number
  /** Ids, and hosts of documents, that may not walk in. Default: none. */
  readonly blocked?: readonly string[]
}

const MEMBERS = [
  'resources',
  'scopes',
  'default_resource',
  'documents',
  'dynamic',
  'document_hosts',
  'redirect_hosts',
  'refresh_token_lifetime',
  'refresh_token_grace',
  'blocked',
] as const satisfies readonly (keyof RegistrationSettings)[]

/** What stands of OpenID Connect in what they may have; `address` and `phone` do not: they are for clients that are known. */
const SCOPES_OF_PERSONS: readonly string[] = ['openid', 'profile', 'email', 'offline_access']

/** An id, or a host. */
const BLOCKED = /^[\x21-\x7e]{1,1024}$/

/** A host, but for those that a URL has otherwise. */
const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** Registration keys that an issuer can have. */
export const MOST_REGISTRATION_KEYS = 4

/**
 * Reads the registration keys: one to four, 32 random bytes each as base64url, with white space or commas between them.
 *
 * @throws {TypeError | RangeError} when they are none
 */
export function readRegistrationKeys(name: string, text: unknown): readonly Uint8Array[] {
  const expected = `"${name}" expected one to four keys as \`bulla client keys\` prints them`
  if (typeof text !== 'string') throw new TypeError(expected)
  const keys = text.split(/[\s,]+/).filter((key) => key !== '')
  const isGood = (key: string): boolean => /^[\w-]{43}$/.test(key) && new Set(key).size >= 12
  if (
    keys.length < 1 ||
    keys.length > MOST_REGISTRATION_KEYS ||
    !keys.every(isGood) ||
    new Set(keys).size < keys.length
  )
    throw new RangeError(expected)
  try {
    return keys.map(decodeBase64url)
  } catch (cause) {
    throw new RangeError(expected, { cause })
  }
}

/** Tells whether a URL has this host just so: `127.1` is another there. */
function isHost(text: string): boolean {
  return URL.canParse(`https://${text}/`) && new URL(`https://${text}/`).hostname === text
}

/** Reads a list of hosts; nothing where there is none. */
function readHosts(name: string, value: unknown): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined
  const expected = 'a host as a URL has it: in lower case, without a port'
  const hosts = readTexts(name, value, HOST, expected)
  readEach(hosts, (host, index) => {
    if (!isHost(host)) throw new RangeError(`"${name}[${index}]" expected ${expected}`)
  })
  return new Set(hosts)
}

/** Returns how often a refresh token that was used is taken again in its grace: 10 times for each 30 seconds, 200 at the most. */
function graceUsesIn(grace: number): number {
  return Math.min(200, Math.max(10, Math.ceil(grace / 30) * 10))
}

/** Returns what all of them have in common, read as the settings of a client are. */
function readTemplate(name: string, value: Members, known: Known): Client {
  const { resources, scopes, refresh_token_lifetime } = value
  return readClientAs(
    '',
    name,
    {
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://walk-in.invalid/'],
      client_name: 'walk-in',
      ...{ resources, scopes },
      // They ask by habit for what nobody here knows.
      scopes_strict: false,
      ...(refresh_token_lifetime === undefined ? {} : { refresh_token_lifetime }),
    },
    known,
  )
}

/** Checks that nothing stands there of OpenID Connect but what strangers may have, be it of the operator's own. */
function checkPersons(name: string, scopes: unknown, { userinfo }: Known): void {
  const ofPersons = [...STANDARD_SCOPES, ...(userinfo?.scopes ?? [])]
  readEach(Array.isArray(scopes) ? scopes : [], (token, index) => {
    if (ofPersons.includes(token) && !SCOPES_OF_PERSONS.includes(token))
      throw new RangeError(`"${name}[${index}]" expected of OpenID Connect ${SCOPES_OF_PERSONS.join(', ')} alone`)
  })
}

/** Returns the resource that is meant where none is named. */
function readDefaultResource(name: string, given: unknown, resources: unknown): string | undefined {
  const uris = Array.isArray(resources) ? resources.map(String) : []
  if (given === undefined) return uris.length === 1 ? uris[0] : undefined
  const expected = 'one of its resources'
  const uri = readText(name, given, /^/, expected)
  if (!uris.includes(uri)) throw new RangeError(`"${name}" expected ${expected}`)
  return uri
}

/** Checks that a list is there, and not empty. What stands in it is read elsewhere. */
function checkSome(name: string, list: unknown, otherwise = ''): void {
  if (list === undefined) throw new TypeError(`"${name}" expected a list, got nothing`)
  if (Array.isArray(list) && list.length === 0) throw new RangeError(`"${name}" expected at least one${otherwise}`)
}

/** Checks that there is a way in, and nothing beside it that means nothing. */
function checkWays(name: string, { documents = true, dynamic, document_hosts }: Members, keys: unknown): void {
  readAll({
    keys() {
      if (dynamic === true && keys === undefined)
        throw new TypeError(
          `"registrationKeys" expected the keys that \`bulla client keys\` prints: "${name}.dynamic" lets clients register`,
        )
    },
    any() {
      if (documents === false && dynamic !== true && keys === undefined)
        throw new RangeError(`"${name}" expected "documents", or "registrationKeys": nobody could walk in`)
    },
    hosts() {
      if (document_hosts === undefined) return
      if (documents === false) throw new RangeError(`"${name}.document_hosts" expected "documents" to be true`)
      checkSome(`${name}.document_hosts`, document_hosts, '; "documents" false takes none')
    },
  })
}

/** Where the setting stands. */
export interface RegistrationPlace extends Known {
  readonly issuer: unknown
  /** The text of the setting `registrationKeys`. */
  readonly keys: unknown
}

/**
 * Reads who may walk in, and what they may have; nothing where nobody may.
 *
 * @throws {TypeError | RangeError} all that is wrong with it
 */
export function readRegistration(
  name: string,
  value: unknown,
  { issuer, keys, ...known }: RegistrationPlace,
): WalkInPolicy | undefined {
  const readKeys = () => (keys === undefined ? undefined : readRegistrationKeys('registrationKeys', keys))
  if (value === undefined) {
    readKeys()
    return undefined
  }
  checkMembers(name, value)
  const faults = createFaultList()
  faults.read(() => checkMembers(name, value, MEMBERS))
  const { resources, scopes, default_resource, documents = true, dynamic = keys !== undefined } = value
  const { document_hosts, redirect_hosts, blocked = [], refresh_token_grace = 30 } = value
  const read = readAll(
    {
      resources: () => checkSome(`${name}.resources`, resources),
      scopes: () => checkSome(`${name}.scopes`, scopes),
      persons: () => checkPersons(`${name}.scopes`, scopes, known),
      template: () => readTemplate(name, value, { ...known, profile: undefined }),
      defaultResource: () => readDefaultResource(`${name}.default_resource`, default_resource, resources),
      takesDocuments: () => readBoolean(`${name}.documents`, documents),
      isRegistering: () => readBoolean(`${name}.dynamic`, dynamic),
      documentHosts: () => readHosts(`${name}.document_hosts`, document_hosts),
      redirectHosts: () => readHosts(`${name}.redirect_hosts`, redirect_hosts),
      blocked: () => new Set(readTexts(`${name}.blocked`, blocked, BLOCKED, 'an id, or the host of a document')),
      refreshTokenGrace: () => readInteger(`${name}.refresh_token_grace`, refresh_token_grace, 0, 1800),
      keys: readKeys,
      ways: () => checkWays(name, value, keys),
      profile() {
        if (known.profile !== undefined)
          throw new RangeError(`"${name}" expected no "profile" for all clients, for those that walk in can be in none`)
      },
    },
    faults,
  )
  const { template, refreshTokenGrace, defaultResource, takesDocuments, isRegistering } = read
  const { documentHosts, redirectHosts } = read
  return {
    issuer: String(issuer),
    template: { ...template, refreshTokenGrace, refreshTokenGraceUses: graceUsesIn(refreshTokenGrace) },
    ids: read.keys === undefined ? undefined : createDynamicIds(String(issuer), read.keys),
    ...{ defaultResource, isRegistering, takesDocuments, documentHosts, redirectHosts, blocked: read.blocked },
  }
}
