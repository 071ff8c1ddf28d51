/**
 * What opens a token on the operator's desk: a ring, an export, or a private key with the issuer's public ones.
 *
 * @module
 */

import {
  createKeyring,
  createLeaves,
  exportKeys,
  type Leaves,
  type ResourceKeys,
  type Ring,
  readKeys,
  readLeafKid,
  SIGNING_ALGORITHMS,
} from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import { readVerificationKeys, readySigningKey, type VerificationKeys } from '../jose/jwks.ts'
import { isOpener, leafRecipient, openerOf, type Recipient } from '../jose/recipient.ts'
import type { Expectations } from '../token/claims.ts'
import { openDirect } from '../token/direct.ts'
import type { Opened } from '../token/entitlement.ts'
import { readOutside } from '../token/envelope.ts'
import { openNested, readNestedOutside } from '../token/nested.ts'
import { type Io, Refusal, UsageError, type Values } from './command.ts'
import { readVariable } from './dotenv_file.ts'
import { type Meant, readMeant } from './known_resource.ts'
import { isJson, readRingText, readText, ringTextOf } from './ring_file.ts'

type Jwk = Readonly<Record<string, unknown>>

/** What `--keys` and `--jwks` gave. */
interface Material {
  readonly meant: Meant
  readonly ring: Ring | undefined
  /** Returns the leaves among which that of a kid must be: a ring has those of every branch. */
  readonly leavesFor: (kid: string) => Leaves | undefined
  readonly decryptionKeys: readonly Jwk[]
  readonly jwks: unknown
}

function parse(option: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(`${option} is not JSON`)
  }
}

/** Returns the private keys in a text: a JWK, a JWK Set, or `PARTNER_KEY` of a dotenv file. */
function decryptionKeysIn(text: string): readonly Jwk[] {
  const json = isJson(text) ? text : readVariable(text, 'PARTNER_KEY')
  if (json === undefined || json === '') return []
  const parsed = parse('--keys', json) as Jwk & { keys?: readonly Jwk[] }
  return (Array.isArray(parsed.keys) ? parsed.keys : [parsed]).filter(isOpener)
}

async function readMaterial(values: Values, io: Io): Promise<Material> {
  const file = values.need('keys')
  if (file === '-') throw new UsageError('--keys expected a file: stdin is for the token')
  const text = await readText(file, io)
  const meant = await readMeant(values, text, io)
  const { issuer, resource, enc = 'A256GCM' } = meant
  const jwksFile = values.text('jwks')
  const jwks: unknown = jwksFile === undefined ? undefined : parse('--jwks', await readText(jwksFile, io))
  const decryptionKeys = decryptionKeysIn(text)
  const isKeyAlone = isJson(text) && decryptionKeys.length > 0
  if (isKeyAlone) return { meant, ring: undefined, leavesFor: () => undefined, decryptionKeys, jwks }
  const isExport = isJson(text) && !text.includes('"roots"')
  const ring = isExport || ringTextOf(text) === undefined ? undefined : readRingText(text).ring
  const keysOf = (branch: number): ResourceKeys =>
    ring === undefined ? readKeys(text) : exportKeys(ring, { issuer, resource, enc, branch, now: io.now })
  const keys = keysOf(1)
  if (keys.issuer !== issuer || keys.resource !== resource)
    throw new UsageError(
      `--keys are of ${keys.issuer} and for ${keys.resource}: --issuer and --resource expected these, letter by letter, got ${issuer} and ${resource}`,
    )
  const leavesFor = (kid: string): Leaves =>
    createLeaves({ ...keysOf(readLeafKid(kid)?.branch ?? 1), longestLife: 86_400 })
  return { meant, ring, leavesFor, decryptionKeys, jwks }
}

/** Returns the issuer's public keys: those that were given, or those that the ring has. */
async function verificationKeysOf({ jwks, ring }: Material, issuer: string, now: number): Promise<VerificationKeys> {
  if (jwks !== undefined) return readVerificationKeys(jwks)
  if (ring === undefined) throw new UsageError('--jwks expected the JWK Set of the issuer: the token is signed')
  const { signingKeys } = createKeyring(ring, issuer)
  const keys = SIGNING_ALGORITHMS.flatMap((alg) => signingKeys.published(alg, now, 86_400))
  return readVerificationKeys({
    keys: await Promise.all(keys.map(async (key) => (await readySigningKey(key)).publicJwk)),
  })
}

/** Tells whether a token says that something signed is inside. */
function isNested(token: string): boolean {
  try {
    return readNestedOutside(token).kid !== ''
  } catch (error) {
    if (error instanceof TokenError) return false
    throw error
  }
}

/** What opens tokens on the operator's desk. */
export interface Opener {
  /** For whom the tokens are. */
  readonly meant: Meant
  /** Opens a token. @throws {TokenError} */
  open(token: string, expected: Expectations): Promise<Opened>
}

/** Returns what opens tokens, as `--keys` and `--jwks` give it. */
export async function createOpener(values: Values, io: Io): Promise<Opener> {
  const material = await readMaterial(values, io)
  const { meant } = material
  async function find(kid: string, now: number): Promise<Recipient | undefined> {
    const leaf = material.leavesFor(kid)?.opening(kid, now)
    if (leaf !== undefined) return leafRecipient(leaf)
    const jwk = material.decryptionKeys.find((key) => key['kid'] === kid)
    return jwk === undefined ? undefined : openerOf(jwk, meant.enc ?? 'A256GCM')
  }
  return {
    meant,
    async open(token, expected) {
      if (isNested(token))
        return openNested(token, find, await verificationKeysOf(material, expected.issuer, expected.now), expected)
      const leaves = material.leavesFor(readOutside(token).kid)
      if (leaves === undefined) throw new TokenError('type')
      return openDirect(token, leaves, expected)
    },
  }
}
