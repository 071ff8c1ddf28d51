import { describe, expect, it } from 'vitest'
import { skeletonsOf, withFullStops } from '../../src/protocol/confusable.ts'
import CONFUSABLES from '../vectors/unicode/confusables.json' with { type: 'json' }

/** Strokes of Chinese and Japanese that look like slashes: they are letters there. */
const STROKES = ['2F02', '2F03', '3033', '30CE', '4E36', '4E3F']

/** What UTS #39 does not say of Latin letters and of others, and people read all the same. */
const READ_SO: Readonly<Record<string, string>> = {
  a: 'ꭺ@4ᴀ',
  b: 'ьвʙᏼβ8ßƅ',
  d: 'ꮷɗᴅ',
  e: 'єɛεꭼ3ᴇ',
  f: 'ꜰ',
  g: 'ǥ9ԍɢ',
  h: 'нηʜ',
  i: 'l1|',
  j: 'ᴊ',
  k: 'кκᴋ',
  l: 'ʟ',
  m: 'мꮇᴍ',
  n: 'пŋɴ',
  o: '0ຣ',
  p: 'ᴩꮲᴘ',
  q: 'ꞯ',
  r: 'ꭱʀ',
  s: '5$',
  t: 'тτᴛꭲ7',
  u: 'ц',
  x: 'χ',
  y: 'ꭹ',
  z: '2',
}

/** Tells whether a person would take one name for the other. */
function isAlike(one: string, other: string): boolean {
  return skeletonsOf(one).some((skeleton) => skeletonsOf(other).includes(skeleton))
}

describe('a name is alike', () => {
  it.each([
    ['small letters', /^[a-z]+$/, 650, []],
    ['letters', /[A-Z]/, 650, []],
    ['digits', /^[0-9]+$/, 100, []],
    ['signs', /[^A-Za-z0-9]/, 300, STROKES],
  ])('another one of characters that UTS #39 calls confusable with %s', (_, pattern, least, exceptions) => {
    const entries = CONFUSABLES.filter(([prototype = '']) => pattern.test(prototype)).map(
      ([prototype = '', points = '']) => ({
        skeletons: skeletonsOf(prototype),
        points: points.split(' '),
      }),
    )
    expect(entries.flatMap(({ points }) => points).length).toBeGreaterThan(least)
    const apart = entries.flatMap(({ skeletons, points }) =>
      points.filter(
        (point) =>
          !skeletonsOf(String.fromCodePoint(Number.parseInt(point, 16))).some((one) => skeletons.includes(one)),
      ),
    )
    expect(apart.sort()).toEqual(exceptions)
  })

  it.each(Object.entries(READ_SO))('one with %s, where it has one of %s', (letter, others) => {
    expect([...others].filter((other) => !isAlike(other, letter))).toEqual([])
  })

  it.each([
    ['circles', 0x1f150],
    ['boxes', 0x1f170],
    ['flags', 0x1f1e6],
  ])('one in %s', (_, first) => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz']
    const written = letters.map((_, index) => String.fromCodePoint(first + index))
    expect(letters.filter((letter, index) => !isAlike(written[index] ?? '', letter))).toEqual([])
    expect(isAlike(written.join(''), letters.join(''))).toBe(true)
  })

  it.each([
    ['in another case', 'BILLING tool'],
    ['with more spaces', ' Billing   Tool\u3000'],
    ['with signs', '"Billing"-Tool!'],
    ['with marks', 'Bi\u0301\u0302lling To\u0308öl'],
    ['in full width', 'Ｂｉｌｌｉｎｇ Ｔｏｏｌ'],
    ['with digits', 'Bi11ing T00l'],
    ['with a flag', 'Billing Tool 🇪🇺'],
    ['with a capital that looks like another letter than the small one does', 'BilliΝg Tool'],
    ['with such a capital that has a mark', 'BilliΝ\u0301g Tool'],
    ['with Arabic digits', 'Bill\u0661ng To\u0665l'],
  ])('one that is written %s', (_, name) => expect(isAlike(name, 'Billing Tool')).toBe(true))

  it.each([
    ['rn', 'm'],
    ['Corner', 'Comer'],
    ['vv', 'w'],
    ['VVallet, VVest', 'Wallet, West'],
    // Υ is a Y as a capital, and a u as a small letter; with a mark, too.
    ['\u038eork', 'York'],
    ['\u03d2ork', 'York'],
  ])('%j and %j', (one, other) => expect(isAlike(one, other)).toBe(true))

  it('no other', () => {
    const names = [
      'Billing',
      'Bitting',
      'Mail',
      'Maps',
      'Notes',
      'Rnd',
      'Invoices',
      'Заметки',
      '請求書',
      'ノート',
      'v',
      'u',
    ]
    const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other] as const))
    expect(pairs.filter(([one, other]) => isAlike(one, other))).toEqual([])
  })
})

it('of a name two skeletons are left: with small letters, and as it is written', () => {
  expect(skeletonsOf('Νotes № 7')).toEqual(['votesnot', 'notesnot'])
  expect(skeletonsOf('🇪🇺 Ab')).toEqual(['ab', 'euab'])
})

it.each(['', ' ', '—…', '«»', '🙂', '\u0301', 'ʼˈ'])('of %j nothing is left', (name) => {
  expect(skeletonsOf(name)).toEqual(['', ''])
})

it('a host has plain full stops, whatever stands for them', () => {
  const stops = '.．。｡․\u0660\u06f0\u0701\u0702\ua4f8\ua60e\u{10a50}'
  expect(withFullStops([...stops].map((stop) => `${stop}Ab`).join(''))).toBe('.Ab'.repeat(12))
  expect(withFullStops('Ｃhat, 7')).toBe('Chat, 7')
})
