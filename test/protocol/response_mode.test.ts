import { describe, expect, it } from 'vitest'
import {
  isPosted,
  isSigned,
  RESPONSE_MODES,
  readResponseMode,
  SIGNED_ANSWER_LIFETIME,
} from '../../src/protocol/response_mode.ts'

const WEB = 'https://app.example/cb'

describe('a response mode', () => {
  it.each([
    [undefined, 'query', false, false],
    ['query', 'query', false, false],
    ['form_post', 'form_post', true, false],
    ['jwt', 'query.jwt', false, true],
    ['query.jwt', 'query.jwt', false, true],
    ['form_post.jwt', 'form_post.jwt', true, true],
  ] as const)('%j means %s, posted: %s, signed: %s (JARM §2.3)', (named, mode, posted, signed) => {
    expect(readResponseMode(named, WEB)).toBe(mode)
    expect([isPosted(mode), isSigned(mode)]).toEqual([posted, signed])
  })

  it.each(['', 'fragment', 'fragment.jwt', 'web_message', 'Query', 'query ', 'jwt.query', '__proto__'])(
    '%j is none of ours',
    (mode) => expect(readResponseMode(mode, WEB)).toBeUndefined(),
  )

  it('is listed in the metadata as it may be asked for', () => {
    expect(RESPONSE_MODES).toEqual(['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'])
  })

  it.each([WEB, 'http://127.0.0.1:1/cb', 'http://localhost/cb'])('may be a form that is posted to %s', (uri) => {
    expect(readResponseMode('form_post', uri)).toBe('form_post')
    expect(readResponseMode('form_post.jwt', uri)).toBe('form_post.jwt')
  })

  it.each(['com.example.app:/cb', 'cursor://host/https://app.example/cb', 'https-app:/cb', 'httpss:/cb'])(
    'is no form for %s: an app is no web server',
    (uri) => {
      expect(readResponseMode('form_post', uri)).toBeUndefined()
      expect(readResponseMode('form_post.jwt', uri)).toBeUndefined()
      expect(readResponseMode('query.jwt', uri)).toBe('query.jwt')
      expect(readResponseMode(undefined, uri)).toBe('query')
    },
  )

  it('that is signed is believed for less than the ten minutes that are the most (JARM §2.1)', () => {
    expect(SIGNED_ANSWER_LIFETIME).toBeGreaterThan(0)
    expect(SIGNED_ANSWER_LIFETIME).toBeLessThanOrEqual(600)
  })
})
