/**
 * What the operator says of clients that walk in: the setting `registration`.
 *
 * @module
 */

import { decodeBase64url } from '../../../keys/base64url.ts'
import { checkKnown, checkMembers, type Members, readBoolean, readInteger, readTexts } from '../../../keys/check.ts'
import { createFaultList, readAll, readEach } from '../../../keys/faults.ts'
import { OPENID, STANDARD_SCOPES } from '../../openid/openid.ts'
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
  /** The resource that a request means which names none. Default: the only one. */
  readonly default_resource?: string
  /** Whether an https URL can be a client's id, whose document tells about it. Default true. */
  readonly documents?: boolean
  /** Whether clients can register by `POST /register`. Default: where there are registration keys. */
  readonly dynamic?: boolean
  /** The hosts whose documents are taken. Default: any public one. */
  readonly document_hosts?: readonly string[]
  /** The hosts that https redirect URIs may have. Default: any. */
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

/** A name of a host as a URL has it: lower case, no port. */
const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

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
  if (keys.length < 1 || keys.length > 4 || !keys.every(isGood) || new Set(keys).size < keys.length)
    throw new RangeError(expected)
  try {
    return keys.map(decodeBase64url)
  } catch (cause) {
    throw new RangeError(expected, { cause })
  }
}

/** Reads a list of hosts; nothing where there is none. */
function readHosts(name: string, value: unknown): ReadonlySet<string> | undefined {
  return value === undefined ? undefined : new Set(readTexts(name, value, HOST, 'a host in lower case, without a port'))
}

/** Returns what all of them have in common, read as the settings of a client are. */
function readTemplate(name: string, value: Members, known: Known): Client {
  const { resources, scopes, refresh_token_lifetime } = value
  const template = readClientAs(
    '',
    name,
    {
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://walk-in.invalid/'],
      client_name: 'walk-in',
      ...{ resources, scopes },
      ...(refresh_token_lifetime === undefined ? {} : { refresh_token_lifetime }),
    },
    known,
  )
  const stray = template.scopes.size === 0 ? 'nothing' : undefined
  if (stray !== undefined) throw new RangeError(`"${name}.scopes" expected at least one scope`)
  return template
}

/** Checks that nothing stands there of OpenID Connect but what strangers may have. */
function checkPersons(name: string, scopes: unknown): void {
  readEach(Array.isArray(scopes) ? scopes : [], (token, index) => {
    if (STANDARD_SCOPES.includes(token) && !SCOPES_OF_PERSONS.includes(token))
      throw new RangeError(
        `"${name}.scopes[${index}]" expected ${SCOPES_OF_PERSONS.join(', ')} of OpenID Connect alone`,
      )
  })
}

/** Returns the resource that is meant where none is named. */
function readDefaultResource(name: string, given: unknown, resources: unknown): string | undefined {
  const uris = Array.isArray(resources) ? resources.map(String) : []
  if (given === undefined) return uris.length === 1 ? uris[0] : undefined
  checkKnown(
    `${name}.default_resource`,
    readTexts(`${name}.default_resource`, [given], /^/, 'a URI'),
    uris,
    'one of its resources',
  )
  return String(given)
}

/** Where the setting stands. */
export interface RegistrationPlace extends Known {
  readonly issuer: string
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
  if (value === undefined) return undefined
  checkMembers(name, value)
  const faults = createFaultList()
  faults.read(() => checkMembers(name, value, MEMBERS))
  const { documents = true, dynamic = keys !== undefined, document_hosts, redirect_hosts, blocked = [] } = value
  const { resources, scopes, refresh_token_grace = 30 } = value
  const read = readAll(
    {
      resources: () => {
        if (readTexts(`${name}.resources`, resources, /^/, 'the URI of a resource').length === 0)
          throw new RangeError(`"${name}.resources" expected at least one`)
      },
      persons: () => checkPersons(name, scopes),
      template: () => readTemplate(name, value, known),
      defaultResource: () => readDefaultResource(name, value['default_resource'], resources),
      takesDocuments: () => readBoolean(`${name}.documents`, documents),
      isRegistering: () => readBoolean(`${name}.dynamic`, dynamic),
      documentHosts: () => readHosts(`${name}.document_hosts`, document_hosts),
      redirectHosts: () => readHosts(`${name}.redirect_hosts`, redirect_hosts),
      blocked: () => new Set(readTexts(`${name}.blocked`, blocked, /^[\x21-\x7e]{1,1024}$/, 'an id or a host')),
      grace: () => readInteger(`${name}.refresh_token_grace`, refresh_token_grace, 0, 1800),
      keys: () => (keys === undefined ? undefined : readRegistrationKeys('registrationKeys', keys)),
      profile() {
        if (known.profile !== undefined)
          throw new RangeError(`"${name}" expected no "profile" for all clients: those that walk in are public`)
      },
      needs() {
        if (dynamic === true && keys === undefined)
          throw new TypeError(
            '"registrationKeys" expected a secret, which `bulla client keys` prints: clients register',
          )
      },
    },
    faults,
  )
  const { template, grace, keys: read_keys, defaultResource, takesDocuments, isRegistering } = read
  const { documentHosts, redirectHosts, blocked: out } = read
  return {
    issuer,
    template: { ...template, refreshTokenGrace: grace },
    ids: read_keys === undefined ? undefined : createDynamicIds(issuer, read_keys),
    ...{ defaultResource, isRegistering, takesDocuments, documentHosts, redirectHosts, blocked: out },
  }
}

/** Tells whether they are told who logged in. */
export function tellsPersons({ template }: WalkInPolicy): boolean {
  return template.scopes.has(OPENID)
}
