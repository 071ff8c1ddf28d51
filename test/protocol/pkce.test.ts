import { describe, expect, it } from 'vitest'
import { CODE_CHALLENGE_METHODS, challengeOf, checkVerifier, readChallenge } from '../../src/protocol/pkce.ts'

/** The example of RFC 7636 appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** What was refused: the code, a reason, and words for the log. */
const refused = (code: string) =>
  expect.objectContaining({ code, reason: 'pkce', message: expect.stringMatching(/\w/) })

describe('a proof key for code exchange', () => {
  it('has the one method that keeps the verifier secret', () => {
    expect(CODE_CHALLENGE_METHODS).toEqual(['S256'])
  })

  it('is as in the example of RFC 7636 appendix B', () => {
    expect(challengeOf(VERIFIER)).toBe(CHALLENGE)
    expect(readChallenge(CHALLENGE, 'S256')).toBe(CHALLENGE)
    expect(() => checkVerifier(VERIFIER, CHALLENGE)).not.toThrow()
  })

  it.each(['A', 'z', '0', '-', '.', '_', '~'])(
    'has a verifier of 43 to 128 characters such as %s (RFC 7636 §4.1)',
    (one) => {
      for (const length of [43, 128])
        expect(() => checkVerifier(one.repeat(length), challengeOf(one.repeat(length)))).not.toThrow()
      for (const length of [0, 42, 129])
        expect(() => checkVerifier(one.repeat(length), challengeOf(one.repeat(length)))).toThrow(
          refused('invalid_request'),
        )
    },
  )

  it.each(['+', '/', '=', ' ', 'é', '\n', '%', '\0'])('has a verifier without %j (RFC 7636 §4.1)', (one) => {
    for (const verifier of [`${VERIFIER}${one}`, `${one}${VERIFIER}`, `${VERIFIER}${one}${VERIFIER}`])
      expect(() => checkVerifier(verifier, challengeOf(verifier))).toThrow(refused('invalid_request'))
  })

  it.each([
    ['another verifier', `${VERIFIER}A`, CHALLENGE],
    ['another challenge', VERIFIER, challengeOf(`${VERIFIER}A`)],
    ['the challenge itself, which is `plain`', CHALLENGE, CHALLENGE],
    ['the beginning of the challenge', VERIFIER, CHALLENGE.slice(0, -1)],
    ['no challenge', VERIFIER, ''],
  ])('does not fit: %s (RFC 7636 §4.6)', (_, verifier, challenge) => {
    expect(() => checkVerifier(verifier, challenge)).toThrow(refused('invalid_grant'))
  })

  it.each([undefined, '', 'plain', 's256', 'S256 ', 'S512'])(
    'is refused with the method %j (RFC 7636 §4.3)',
    (method) => {
      expect(() => readChallenge(CHALLENGE, method)).toThrow(refused('invalid_request'))
    },
  )

  it.each([
    undefined,
    '',
    CHALLENGE.slice(1),
    `${CHALLENGE}A`,
    `${CHALLENGE}=`,
    `${CHALLENGE.slice(1)}=`,
    `${CHALLENGE.slice(1)}+`,
    `${CHALLENGE.slice(1)}\n`,
    `${CHALLENGE}\n`,
    ` ${CHALLENGE}`,
  ])('is refused with the challenge %j (RFC 7636 §4.2)', (challenge) => {
    expect(() => readChallenge(challenge, 'S256')).toThrow(refused('invalid_request'))
  })
})
