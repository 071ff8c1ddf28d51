/**
 * The face of `bulla`: the issuer.
 *
 * @module
 */

export { type Bindings, readBindings } from './bindings.ts'
export type { Answer } from './endpoints/respond.ts'
export type { TokenRequest } from './endpoints/token.ts'
export { createIssuer, type Issuer } from './issuer.ts'
export type { Log, LogEntry } from './log.ts'
export type { ClientSettings, Credentials, IssuerSettings, ResourceSettings } from './settings.ts'
export type { Entitlement } from './token/entitlement.ts'
