import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { makeUserCode, readUserCode, showUserCode } from '../../src/protocol/user_code.ts'

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

describe('a user code (RFC 8628 §6.1)', () => {
  it('has eight letters, each as likely as any other: a byte that would favour some is passed over', () => {
    // Every byte once, 16 at a time: of 256 the last 16 make no letter.
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const all: string[] = []
    for (let at = 0; at < 240; at += 16) {
      const halves = [
        bytes.subarray(at, at + 16),
        new Uint8Array([...bytes.subarray(240, 248), ...bytes.subarray(at + 8, at + 16)]),
      ]
      for (const half of halves) all.push(makeUserCode(() => encodeBase64url(half)))
    }
    const counts = [...LETTERS].map((letter) => all.join('').split(letter).length - 1)
    expect([all.every((code) => /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/.test(code)), new Set(counts)]).toEqual([
      true,
      new Set([12]),
    ])
  })

  it('takes more randomness where too few bytes make a letter', () => {
    let calls = 0
    const newId = (): string => encodeBase64url(new Uint8Array(16).fill(calls++ < 3 ? 255 : 7))
    expect([makeUserCode(newId), calls]).toEqual(['KKKKKKKK', 4])
  })

  it.each([
    'WDJBMJHT',
    'wdjb-mjht',
    ' WDJB MJHT ',
    'W-D-J-B-M-J-H-T',
    'wdjb\u2014mjht',
    'WDJB\u00a0MJHT\n',
    `WDJBMJHT${' '.repeat(56)}`,
  ])('is read from %j', (typed) => {
    expect(readUserCode(typed)).toBe('WDJBMJHT')
  })

  it.each([
    '',
    'WDJBMJH',
    'WDJBMJHTT',
    'WDJAMJHT',
    'WDJ0MJHT',
    'WDJBMJH\u017f',
    'WDJB_MJHT',
    `WDJBMJHT${' '.repeat(57)}`,
  ])('is not read from %j', (typed) => {
    expect(readUserCode(typed)).toBeUndefined()
  })

  it('is shown with a dash', () => {
    expect(showUserCode('WDJBMJHT')).toBe('WDJB-MJHT')
  })
})
