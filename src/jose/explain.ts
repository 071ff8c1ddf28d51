/**
 * In words, what can be wrong with an envelope: for the log of an issuer, `onProblem` of a verifier, and
 * `bulla token inspect --explain`. Callers are never told.
 *
 * @module
 */

/** What can be wrong with a token that is opened under a leaf, and with nothing else at hand. */
const OPENING = {
  length: 'the envelope is empty or longer than 8192 characters',
  form: 'the envelope is not in canonical compact form',
  header: 'the header is not exactly the known members',
  type: 'the envelope is of another type',
  key: 'no key of this kid may open the envelope now',
  algorithm: 'the algorithms are not those of the key',
  decryption: 'the envelope does not open: another key made it, or it was changed',
  payload: 'what is inside is not strict JSON of an object',
  claims: 'a required claim is missing or of a wrong type',
  issuer: 'another issuer made the token',
  audience: 'the token is for another resource',
  client: 'the token names no client, and anonymous tokens are not taken here',
  confirmation: 'the token is bound to a key that the request does not prove',
  expired: 'the token has expired',
  early: 'the token is from the future',
  lifetime: 'the token lives longer than is allowed here',
  unavailable: 'what is needed to tell cannot be had now',
} as const

/** What can be wrong with all else. */
const BEYOND = {
  signing_key: 'the issuer has told no signing key of this kid',
  signature: "the signature inside is not the issuer's",
  mark: "the mark is missing, or not the issuer's",
  proof: 'the DPoP proof is missing, or is not one',
  proof_key: 'the DPoP proof brings no public key that is taken, or names another algorithm',
  proof_signature: 'the DPoP proof is not signed by its key',
  proof_request: 'the DPoP proof is for another method, URL or token',
  proof_origin:
    'the request does not say that it is for the origin of the resource: set "baseUrl" to the URL at which clients see this server',
  proof_time: 'the DPoP proof is not of now',
  proof_nonce: 'the DPoP proof lacks a nonce of ours that is young enough',
  proof_replayed: 'the DPoP proof was used before',
  revoked: 'the token was revoked',
  home: 'what it came of is at no home of this issuer',
  sealing: 'no leaf may seal now',
  size: 'the envelope would be longer than 8192 characters',
} as const

/** Why an envelope could not be opened or sealed. */
export type TokenErrorCode = keyof typeof OPENING | keyof typeof BEYOND

/** Says in words what a code means. */
export type Explain = (code: TokenErrorCode) => string

/** Returns what a code means that a direct token is refused by; of another, the code. */
export function explainOpening(code: TokenErrorCode): string {
  return code in OPENING ? OPENING[code as keyof typeof OPENING] : code
}

/** Returns what a code means. No value of any token is in it. */
export function explain(code: TokenErrorCode): string {
  return code in BEYOND ? BEYOND[code as keyof typeof BEYOND] : explainOpening(code)
}
