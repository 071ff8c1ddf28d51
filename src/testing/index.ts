/**
 * The face of `bulla/testing`: what stores of your own must do, and an issuer in memory for tests of your API.
 *
 * @see docs/guides/testing-your-api.md
 *
 * @module
 */

export type { ContractCase, ContractOptions } from './contract.ts'
export { type GuardContractOptions, guardContract, replayContract, type WholeGuard } from './guard_contract.ts'
export { revocationsContract } from './revocations_contract.ts'
export { createTestIssuer } from './test_issuer.ts'
export type {
  RefusedTokens,
  TestIssuer,
  TestIssuerOptions,
  TestLogin,
  TestLoginAnswer,
  TestTokenOptions,
} from './test_issuer_types.ts'
