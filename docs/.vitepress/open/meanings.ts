/**
 * What the parts of a token mean, in words.
 *
 * @module
 */

import type { TokenErrorCode } from '../../../src/jose/explain.ts'

/** The segments of a compact JWE (RFC 7516 §7.1). */
export const SEGMENTS: readonly (readonly [name: string, meaning: string])[] = [
  ['Header', 'readable by anybody, and sealed along: changed by a letter, the envelope does not open'],
  ['Encrypted key', 'empty here: issuer and API have the key already (alg: dir)'],
  ['Initialization vector', 'random, new for each token'],
  ['Ciphertext', 'the claims, which only who has the key can read'],
  ['Tag', 'proves that who sealed it had the key, and that nothing was changed since'],
]

/** Members of the header. */
export const MEMBERS: Readonly<Record<string, string>> = {
  alg: 'how the key is agreed on: dir is a key that both have',
  enc: 'how the claims are encrypted',
  kid: 'which key: root, day, and from the second branch on its number; it is looked up exactly, and no other is tried',
  typ: 'what the envelope is: at+jwe is an access token of the direct kind',
  cty: 'what is inside: JWT is a signed token',
}

/** Claims (RFC 9068 §2.2, RFC 7662 §2.2, and those of Bulla). */
export const CLAIMS: Readonly<Record<string, string>> = {
  iss: 'the issuer that made it',
  sub: 'who: a person, or client:… for a client that acts for itself',
  aud: 'the one API that it is for',
  client_id: 'the app that the person uses',
  scope: 'what it may do there',
  iat: 'when it was made',
  exp: 'when it ends',
  jti: 'the name of this one token, by which it can be revoked',
  gid: 'the grant that it comes of: one yes of the person, by which all that came of it can be revoked',
  auth_time: 'when the person logged in',
  acr: 'how well the person proved who they are',
  amr: 'by which means the person proved it',
  cnf: 'the key that it is bound to: without that key it is of no use',
  act: 'who acts for the person',
  may_act: 'who may come to act for the person',
  authorization_details: 'what it may do, in detail (RFC 9396)',
  mark: "the issuer's mark: this API may have it exchanged, and cannot make it itself",
  provider_token: 'a token of the provider at which the person logged in: not shown here',
}

/** What to do about a token that does not open. Those that are not here need no advice. */
export const ADVICE: Partial<Readonly<Record<TokenErrorCode, string>>> = {
  length: 'Paste the whole token, and nothing before or after it.',
  form: 'Was all of it copied? A token has no spaces and no line breaks in it. One with three parts is a signed JWT, which is no envelope.',
  header: 'This page opens direct tokens. A nested one (cty: JWT) opens by the private key of its API alone.',
  type: 'It is sealed by Bulla for itself: a code, a refresh token or the like. No API ever opens one.',
  key: 'These keys have no root of that name, or its day is not one of now: export the keys anew, and see whether the token is old.',
  decryption: 'Somebody changed it, or the keys are of another API, issuer or ring.',
  expired: 'Ask for a new one, by the refresh token.',
  early: "This machine's clock is behind the issuer's.",
}
