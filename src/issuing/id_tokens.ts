/**
 * ID tokens: signed words of the issuer to one client on who logged in (OpenID Connect Core §2). They open nothing.
 *
 * @module
 */

import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { encodeBase64url } from '../../keys/base64url.ts'
import { digestLabels } from '../../keys/digest.ts'
import type { SigningAlgorithm } from '../../keys/index.ts'
import type { EndpointContext } from '../context.ts'
import type { LoginFacts } from '../grants/grant.ts'
import { encryptTo } from '../jose/encrypted.ts'
import { ID_TOKEN_TYP } from '../openid/openid.ts'
import { refusal } from '../protocol/error.ts'
import type { Client } from '../registration/clients/client.ts'
import { isSigning } from '../registration/clients/openid_rules.ts'
import type { KeyHolder, Recipients } from '../remote/resource_keys.ts'
import type { TellPerson } from './live_profile.ts'

/** The ID tokens of an issuer. */
export interface IdTokens {
  /**
   * Signs who logged in, for a client.
   *
   * @param accessToken the one that is given with it
   * @throws {OAuthError} `temporarily_unavailable` when there is no key that signs, or to encrypt to, as the client wants it, or nobody
   * tells now what is to be told of the person
   */
  sign(facts: LoginFacts, client: Client, accessToken: string, now: number): Promise<string>
}

/** Returns the name of a session for one client: two clients cannot join it, and it is not the guard's (Back-Channel Logout §2.1). */
export function sidFor(sid: string, clientId: string): string {
  return digestLabels('sid', sid, clientId).slice(0, 22)
}

/** Returns to whose keys the ID tokens of a client are encrypted; nothing where they are only signed. */
function keyHolderOf(client: Client): KeyHolder | undefined {
  const { id, jwks, signer } = client
  const { idTokenEncryption } = client.openid
  if (idTokenEncryption === undefined) return undefined
  const { alg: encryptionAlg, enc } = idTokenEncryption
  // With a space in it, it is no resource's.
  const place = { jwks, jwksUri: signer?.jwksUri, isSigning: isSigning(client) }
  return { kind: 'client', uri: `client ${id}`, enc, encryptionAlg, ...place }
}

/** Returns the left half of the digest of a token, by the hash of the algorithm that signs (OpenID Connect Core §3.1.3.6). */
function halfDigest(token: string, alg: SigningAlgorithm): string {
  const digest = (alg === 'Ed25519' ? sha512 : sha256)(new TextEncoder().encode(token))
  return encodeBase64url(digest.subarray(0, digest.length / 2))
}

/** Returns the ID tokens of an issuer. */
export function createIdTokens(
  { settings, sign }: EndpointContext,
  recipients: Recipients,
  tellPerson: TellPerson,
): IdTokens {
  const { issuer, openid, pairwise } = settings

  /** Encrypts what was signed, where the client wants that (OpenID Connect Core §16.14). */
  async function encrypt(jws: string, client: Client, now: number): Promise<string> {
    const holder = keyHolderOf(client)
    if (holder === undefined) return jws
    const to = await recipients.find(holder, now)
    if (to === undefined)
      throw refusal('temporarily_unavailable', 'no_key', 'the client has no key to encrypt to', { retryAfter: 60 })
    return encryptTo(to, 'JWT', jws)
  }

  return {
    async sign({ sub, sid, login, nonce, claims, until }, client, accessToken, now) {
      if (openid === undefined) throw new RangeError('a grant tells who logged in where nobody is told')
      const { idTokenAlg: alg } = client.openid
      const token = {
        ...(await tellPerson(sub, claims)),
        iss: issuer,
        sub: pairwise.nameAt(client.openid, 'sub', sub),
        aud: client.id,
        iat: now,
        exp: Math.min(now + openid.idTokenLifetime, until),
        ...login,
        ...(nonce === undefined ? {} : { nonce }),
        at_hash: halfDigest(accessToken, alg),
        sid: sidFor(sid, client.id),
      }
      return encrypt(await sign(token, ID_TOKEN_TYP, alg, now), client, now)
    },
  }
}
