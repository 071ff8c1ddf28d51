/**
 * Which settings there are, and what each is made of: what is misspelt, or of another kind, is said when an issuer is
 * made, and not when it is needed.
 *
 * @module
 */

import { checkFunctions, checkMembers, checkMethods, checkText } from '../keys/check.ts'

/** A function; a text; an object with methods; or what is looked at where it is read. */
export type SettingKind = 'function' | 'text' | readonly string[] | 'read'

/** The settings of an issuer by their names. */
export const SETTING_KINDS = {
  issuer: 'read',
  scheme: 'read',
  strictTransportSecurity: 'read',
  keyRing: 'text',
  keyRingNext: 'text',
  resources: 'read',
  clients: 'read',
  profile: 'read',
  trustedIssuers: 'read',
  grants: 'read',
  authorizationDetailsTypes: 'read',
  requirePushedAuthorizationRequests: 'read',
  pairwiseSalt: 'read',
  guard: ['spend', 'advance', 'end', 'hasEnded'],
  revocations: ['add', 'read'],
  fetch: 'function',
  authenticate: 'function',
  loginLifetime: 'read',
  sessionLifetime: 'read',
  sessionIdleLifetime: 'read',
  isDemo: 'read',
  dpopNonce: 'read',
  certificate: 'function',
  credentials: 'function',
  claims: 'function',
  response: 'function',
  allowFailure: 'function',
  log: 'function',
  now: 'function',
} as const

/**
 * Checks that all settings are known, and of their kind.
 *
 * @throws {TypeError} when one is not
 */
export function checkKinds(settings: object, kinds: Readonly<Record<string, SettingKind>>): void {
  checkMembers('createIssuer', settings, Object.keys(kinds))
  for (const [name, kind] of Object.entries(kinds)) {
    const value = settings[name]
    // 'none' is what is written out where there is no guard.
    if (value === undefined || (name === 'guard' && value === 'none')) continue
    if (kind === 'function') checkFunctions(settings, [name])
    else if (kind === 'text') checkText(name, value, /^/, 'a text')
    else if (kind !== 'read') checkMethods(name, value, kind, 'an object')
  }
}
