/**
 * The face of `bulla/keys`: rings, roots, branches and leaves. Pure functions; time and randomness are arguments.
 *
 * @see docs/guides/keys-and-rotation.md
 * @see docs/concepts/the-ring.md
 *
 * @module
 */

export {
  branchOfLeaf,
  CONTENT_ENCRYPTION_BYTES,
  type ContentEncryption,
  deriveBranch,
  deriveLeaf,
  encodeLabels,
  HIGHEST_BRANCH,
  type LeafName,
  leafInfo,
  type Purpose,
  periodAt,
  readLeafKid,
  writeLeafKid,
} from './derive.ts'
export { type ExamineOptions, examineRing, type Finding, HORIZON, LONGEST_LIFE, writeInstant } from './doctor.ts'
export {
  type ExportOptions,
  exportJwks,
  exportKeys,
  type LeafJwk,
  type ResourceKeys,
  readKeys,
  writeJwk,
  writeKeys,
} from './export.ts'
export { createKeyring, type Keyring, type RootEventName, type RootNamesKey } from './keyring.ts'
export { branchesOf, createLeaves, createLeavesBy, type Leaves } from './leaves.ts'
export { type LoadedRing, loadRing, mergeRings, type RingTexts, refusalAt } from './load.ts'
export { deriveNamesKey, type Named, type NamesKey, namesKeysOf, nameUnder } from './names.ts'
export {
  type Branch,
  createOpeningLeaves,
  type Leaf,
  type LeafKey,
  type LeavesOptions,
  type OpeningLeaves,
} from './opening_leaves.ts'
export {
  type BadRoot,
  type Dates,
  describeKeys,
  describeRoots,
  primariesAt,
  type Ring,
  type RingReading,
  type RingReason,
  type RingRefusal,
  type Root,
  type RootDescription,
  type RootState,
  type RsaJwk,
  type RsaKey,
  stateOf,
} from './ring.ts'
export { readRing, writeRing } from './ring_text.ts'
export {
  createRing,
  type RingOptions,
  ROOT_LIFE,
  type RootOptions,
  type Rotation,
  revokeRoot,
  rotateRing,
} from './rotate.ts'
export { type RotationDue, rotationDue } from './rotation_due.ts'
export {
  createSigningKeys,
  deriveSigningKey,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type SigningKey,
  type SigningKeys,
} from './signing_keys.ts'
