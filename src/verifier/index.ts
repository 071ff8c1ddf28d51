/**
 * The face of `bulla/verifier`: a resource server opens access tokens offline.
 *
 * @see docs/reference/verifier.md
 * @see docs/start/resource-servers.md
 *
 * @module
 */

export type { TokenErrorCode } from '../jose/explain.ts'
export type { BearerErrorCode } from '../protocol/bearer.ts'
export type { Entitlement } from '../token/entitlement.ts'
export type { CommonOptions } from './common_options.ts'
export type { DpopOptions } from './confirmation.ts'
export type { CorsOrigins } from './cors.ts'
export { createVerifier, type VerifierOptions } from './create_verifier.ts'
export type { Demand } from './demand.ts'
export type { JwkSet } from './keys/issuer_keys.ts'
export { type RemoteKeys, type RemoteKeysOptions, remoteKeys } from './keys/remote_keys.ts'
export { describeResource, type ResourceDescription } from './metadata.ts'
export type { OnProblem, Problem, ProblemReason, ProblemSource } from './problem.ts'
export { createMemoryReplay, type ReplayStore } from './replay.ts'
export type { RequestHeaders, ResourceRequest } from './request.ts'
export type { ResourceServerOptions } from './resource_server.ts'
export type { RevocationOptions } from './revocations.ts'
export type { Verification, Verifier } from './verifier.ts'
