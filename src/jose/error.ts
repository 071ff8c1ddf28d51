/**
 * What can be wrong with an envelope. Outwards all codes look the same; the log and `bulla token inspect --explain` tell
 * them apart.
 *
 * @module
 */

import type { TokenErrorCode } from './explain.ts'

/** An envelope that could not be opened or sealed. Its message is its code: no value of the token is in it. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenErrorCode

  constructor(code: TokenErrorCode, options?: ErrorOptions) {
    super(code, options)
    this.code = code
  }
}
