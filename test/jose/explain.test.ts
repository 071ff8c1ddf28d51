import { expect, it } from 'vitest'
import { explain, explainOpening, type TokenErrorCode } from '../../src/jose/explain.ts'

/** Whether a direct token can be refused by each code. */
const CODES: Readonly<Record<TokenErrorCode, boolean>> = {
  ...{ length: true, form: true, header: true, type: true, key: true, algorithm: true, decryption: true },
  ...{ payload: true, claims: true, issuer: true, audience: true, client: true, confirmation: true, expired: true },
  ...{ early: true, lifetime: true, unavailable: true, signing_key: false, signature: false, mark: false },
  ...{ proof: false, proof_key: false, proof_signature: false, proof_request: false, proof_origin: false },
  ...{ proof_time: false, proof_nonce: false, proof_replayed: false, revoked: false, home: false },
  ...{ sealing: false, size: false },
}

it('each code has words of its own', () => {
  const codes = Object.keys(CODES) as readonly TokenErrorCode[]
  const words = codes.map(explain)
  for (const one of words) expect(one).toMatch(/^[A-Za-z]+( [^ ]+){3,}/)
  expect(new Set(words).size).toBe(codes.length)
  for (const [index, code] of codes.entries()) expect(explainOpening(code)).toBe(CODES[code] ? words[index] : code)
})
