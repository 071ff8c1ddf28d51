/**
 * Which settings there are, and what each is made of: what is misspelt, or of another kind, is said when an issuer is
 * made, and not when it is needed.
 *
 * @module
 */

import { checkFunctions, checkMembers, checkMethods, checkText, type Members } from '../../keys/check.ts'
import { readAll, readEach } from '../../keys/faults.ts'

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
  settingsBundle: 'read',
  openid: 'read',
  requirePushedAuthorizationRequests: 'read',
  pairwiseSalt: 'read',
  registration: 'read',
  registrationKeys: 'read',
  guard: ['spend', 'advance', 'end', 'hasEnded'],
  homes: 'read',
  revocations: ['add', 'read'],
  fetch: 'function',
  authenticate: 'function',
  loginLifetime: 'read',
  sessionLifetime: 'read',
  sessionIdleLifetime: 'read',
  branding: 'read',
  isDemo: 'read',
  dpopNonce: 'read',
  certificate: 'function',
  credentials: 'function',
  claims: 'function',
  response: 'function',
  addressOf: 'function',
  limits: 'read',
  allowFailure: 'function',
  allowRegistration: 'function',
  allowDevice: 'function',
  onEvent: 'function',
  eventSubjects: 'read',
  trace: 'function',
  log: 'function',
  now: 'function',
  wait: 'function',
} as const

function checkKind(name: string, kind: SettingKind, settings: object): void {
  const value = (settings as Members)[name]
  // 'none' is what is written out where there is no guard.
  if (value === undefined || (name === 'guard' && value === 'none')) return
  if (kind === 'function') checkFunctions(settings, [name])
  else if (kind === 'text') checkText(name, value, /^/, 'a text')
  else if (kind !== 'read') checkMethods(name, value, kind, 'an object')
}

/**
 * Checks that all settings are known, and of their kind.
 *
 * @throws {TypeError} all that are not
 */
export function checkKinds(settings: object, kinds: Readonly<Record<string, SettingKind>>): void {
  readAll({
    members: () => checkMembers('createIssuer', settings, Object.keys(kinds)),
    kinds: () => readEach(Object.entries(kinds), ([name, kind]) => checkKind(name, kind, settings)),
  })
}
