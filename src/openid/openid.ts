/**
 * What an OpenID provider may tell of a person, and by which scope (OpenID Connect Core §5.1, §5.4).
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'

/** The scope that makes a request one of OpenID Connect (OpenID Connect Core §3.1.2.1). */
export const OPENID = 'openid'

/** `typ` of an ID token: no other door of ours takes what has it. */
export const ID_TOKEN_TYP = 'JWT'

/** The scope with which a refresh token outlives the session (OpenID Connect Core §11). */
export const OFFLINE_ACCESS = 'offline_access'

/** The claims of each scope that OpenID Connect knows (OpenID Connect Core §5.4). */
export const CLAIMS_OF_SCOPES: Readonly<Record<'profile' | 'email' | 'address' | 'phone', readonly string[]>> = {
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
}

/** The scope tokens that OpenID Connect gives a meaning. */
export const STANDARD_SCOPES: readonly string[] = [OPENID, ...Object.keys(CLAIMS_OF_SCOPES), OFFLINE_ACCESS]

/**
 * Tells of a person now, in place of what the login gave: then nothing of the person is sealed but `sub`.
 *
 * @param sub who, as the issuer itself says it
 * @param names the claims that may be told for this request; what else is returned is left out
 */
export type ProfileHook = (
  sub: string,
  names: readonly string[],
) =>
  | Readonly<Record<string, unknown>>
  | null
  | undefined
  | Promise<Readonly<Record<string, unknown>> | null | undefined>

/** What this issuer tells of persons. */
export interface Openid {
  /** The names of the claims that may be told. */
  readonly claims: ReadonlySet<string>
  /** The names of the claims that each scope asks for, as far as they may be told: the four, and the operator's own. */
  readonly scopes: ReadonlyMap<string, readonly string[]>
  /** Seconds that an ID token lives. */
  readonly idTokenLifetime: number
  /** The contexts of authentication that a client can ask for (OpenID Connect Core §2, `acr`). */
  readonly acrValues: readonly string[]
  /** Who tells of a person now; nothing where that is what the login gave. */
  readonly profile: ProfileHook | undefined
}

/** Returns the names of the claims that are kept of a login: none, where somebody tells them later. */
export function keptOfLogin({ claims, profile }: Openid): ReadonlySet<string> {
  return profile === undefined ? claims : new Set()
}

/** Returns a name for the claims that are kept of a login: the same for the same ones. */
export function nameOfKept(openid: Openid): string {
  return digestLabels('claims', ...[...keptOfLogin(openid)].sort()).slice(0, 8)
}

/** Returns the scope tokens that mean something to an OpenID provider, in the order in which they are told. */
export function openidScopes({ scopes }: Openid): readonly string[] {
  return [OPENID, ...scopes.keys(), OFFLINE_ACCESS]
}

/** Returns the URI of the issuer's own resource, that tells of persons (OpenID Connect Core §5.3). */
export function userinfoOf(issuer: string): string {
  return `${issuer}/userinfo`
}
