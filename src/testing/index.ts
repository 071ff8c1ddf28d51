/**
 * The face of `bulla/testing`: what stores of your own must do.
 *
 * @module
 */

export type { ContractCase, ContractOptions } from './contract.ts'
export { type GuardContractOptions, guardContract, replayContract, type WholeGuard } from './guard_contract.ts'
export { revocationsContract } from './revocations_contract.ts'
