/**
 * Names that a person would take for one another (UTS #39 §4, as far as a small table goes).
 *
 * @module
 */

/**
 * Letters that look like one of the Latin alphabet, once all is in lower case and without marks: of the Cyrillic, Greek, Armenian,
 * Cherokee and extended Latin ones, and the digits. It is not complete, so nothing hangs on it alone: the host stands beside a name.
 */
const ALIKE: Readonly<Record<string, string>> = {
  a: 'аɑαꭺ@4',
  b: 'ьвʙᏼβ8ßƅ',
  c: 'сϲᴄⅽꮯ',
  d: 'ԁⅾꮷɗ',
  e: 'еєɛεҽꭼ3',
  f: 'ƒꬵẝ',
  g: 'ɡցǥ9ԍ',
  h: 'һհнᏂη',
  i: 'іıɩιӏɪꭵ1l|ǀⅼӀ',
  j: 'јϳ',
  k: 'кκᴋ',
  m: 'мⅿꮇ',
  n: 'ոпռŋ',
  o: 'оοօσ0ᴏჿຣ',
  p: 'рρᴩꮲ',
  q: 'ԛգզ',
  r: 'гᴦꭱ',
  s: 'ѕꜱꮪ5$',
  t: 'тτᴛꭲ7',
  u: 'υսᴜц',
  v: 'νѵᴠⅴꮩ',
  w: 'ԝшɯᴡѡꮃ',
  x: 'хχⅹ',
  y: 'уγүʏꭹ',
  z: 'ᴢꮓ2',
}

/**
 * The same by code point, for what is seldom, written from right to left, or a letter that looks like a sign (which stands for nothing
 * then): all that UTS #39 (Unicode 17) has beside those above, without the strokes of Chinese and Japanese; and small capitals.
 */
const SELDOM: Readonly<Record<string, string>> = {
  '': '1c3 241 294 2b9 2ba 2bb 2bc 2bd 2be 2c6 2c8 2ca 2cb 2d0 2ee 374 5d9 5f2 660 6f0 7f4 7f5 7fa 97d 13ae 1433 1438 144a 16b2 16cc 2cba 2cbb 2cc6 2cc7 2d51 a4f8 a4f9 a4fa a4fb a4fd a6eb a778 a78c 1029b 1031f 11dd9 16f3f 1e6e9',
  2: '1a7 3e8 14bf a644 a6ef a75a',
  3: '1b7 21c 417 4e0 969 ae9 2c9c 2cc4 2ccc a76a a7ab 118ca 16f3b 1d206',
  4: '13ce 118af',
  5: '1bc 118bb',
  6: '3ec 431 13ee 2cd2 2cd3 2cdc 118d5',
  7: '104d2 118c6 1d212',
  8: '222 223 9ea a6a b03 1031a 1e8cb',
  9: '9ed a67 b68 d6d 2cca 2ccb a76e 118ac 118cc 118d6',
  a: '15c5 1d00 237a a4ee 102a0 16f40',
  aa: 'a732 a733',
  ae: 'c6 e6 4d4 4d5',
  ao: 'a734 a735',
  ar: '1f707',
  au: 'a736 a737',
  av: 'a738 a739 a73a a73b',
  ay: 'a73c a73d',
  b: '181 13cf 1472 1488 15af 15f7 2c82 a4d0 a7b4 10282 102a1 10301 16eb6',
  bl: '42b',
  c: '187 3f2 3f9 1004 105a 2ca4 2ca5 a4da 102a2 10302 10415 1043d 1051c 118e9 118f2 1f74c',
  d: '13a0 146f 1487 15de 15ea 1d05 a4d2 a4d3',
  dz: '2a3',
  e: '1d07 212e 22ff 2d39 a4f0 ab32 10286 118a6 118ae',
  f: '17f 3dc 584 15b4 a4dd a730 a798 a799 10287 102a5 10525 118a2 118c2 1d213 1d7ca',
  g: '18d 193 262 13c0 13f3 1d83 a4d6',
  h: '29c 13bb 13c2 157c 2c8e a4e7 102cf',
  i: '2db 37a 582 2373 2c93 a647 118c3',
  j: '13ab 148d 1d0a a4d9 a7b2',
  k: '198 13e6 16d5 2c94 a4d7 10518',
  l: '29f 5c0 5d5 5df 5f1 627 661 6f1 7ca 13de 14aa 16c1 2223 23fd 2c92 2cd0 2d4f a4e1 a4f2 fe8d fe8e ffe8 1028a 10309 10320 1041b 10526 118a3 118b2 11dda 11de1 16eaa 16f16 16f28 1d22a 1e8c7 1ee00 1ee80',
  ll: '1c1 5f0 2016 2225',
  lo: '42e',
  ls: '2aa',
  lt: '20b6',
  lz: '2ab',
  m: '39c 3fa 15f0 16d6 1d0d 2c98 a4df 102b0 10311 1d6b3 1d6ed 1d727 1d761 1d79b',
  mb: '1f76b',
  n: '149 274 39d 2c9a a4e0 10513 1d6b4 1d6ee 1d728 1d762 1d79c',
  o: '3ed 5e1 647 665 6be 6c1 6d5 6f5 7c0 966 9e6 a66 ae6 b20 b66 be6 c02 c66 c82 ce6 d02 d20 d66 d82 e50 ed0 101d 1040 12d0 13a4 17e0 1d11 2c9e 2c9f 2d54 3007 a4f3 ab3d fba6 fba7 fba8 fba9 fbaa fbab fbac fbad fee9 feea feeb feec 10292 102ab 10404 1042c 104c2 104ea 10516 114d0 118b5 118c8 118d7 118e0 11de0 1ee24 1ee64 1ee84',
  oe: '152 153',
  oo: '221e a698 a699 a74e a74f',
  p: 'fe 1a4 1bf 3f8 146d 1486 1d18 2374 2ca2 2ca3 2cce 2ccf a4d1 10295',
  q: '2d55 a7af',
  qe: '1f700',
  r: '1a6 280 491 13d2 1587 2c85 a4e3 ab47 ab48 ab81 104b4 16f35 1d216',
  rn: '11700 118e3',
  s: '1bd 54f d1f 13d5 a4e2 10296 10420 10448 118c1 16f3a',
  sss: '1f75c',
  t: '1ac 22a4 27d9 2ca6 a4d4 10297 102b1 10315 118bc 16f0a 1f768',
  t3: 'a728',
  tf: 'a777',
  ts: '2a6',
  u: '28b 1200 144c 1467 222a 22c3 a4f4 a79f ab4e ab52 104ce 104f6 118b8 118d8 16f42',
  ue: '1d6b',
  uo: 'ab63',
  v: '5d8 667 6f7 142f 2228 22c1 2d38 a4e6 a6df 1051d 11706 118a0 118c0 16f08 1d20d',
  vb: '1f76c',
  w: '561 13d4 2cbd a4ea 1170a 1170e 1170f 118e6 118ef',
  x: 'd7 1541 157d 166d 166e 16b7 2573 292b 292c 2a2f 2cac 2d5d a4eb a7b3 10290 102b4 10317 10322 10527 118ec',
  y: '1b3 263 3a5 3d2 10e7 13bd 1d8c 1eff 2ca8 2ca9 a4ec ab5a 102b2 118a4 118dc 16f43 1d6bc 1d6f6 1d730 1d76a 1d7a4',
  z: '396 a4dc 102f5 118a9 118c4 118e5 1d6ad 1d6e7 1d721 1d75b 1d795',
}

/** The first of the letters in boxes, circles and flags that stand in the order of the alphabet, and that no normal form undoes. */
const IN_ORDER: readonly number[] = [0x1f150, 0x1f170, 0x1f1e6]

const BOXED: ReadonlyMap<string, string> = new Map(
  IN_ORDER.flatMap((first) =>
    [...'abcdefghijklmnopqrstuvwxyz'].map((latin, index) => [String.fromCodePoint(first + index), latin] as const),
  ),
)

const LATIN: ReadonlyMap<string, string> = new Map(
  Object.entries(SELDOM).flatMap(([latin, points]) =>
    points.split(' ').map((point) => [String.fromCodePoint(Number.parseInt(point, 16)), latin] as const),
  ),
)

const SMALL: ReadonlyMap<string, string> = new Map(
  Object.entries(ALIKE).flatMap(([latin, others]) => [...others].map((one) => [one, latin])),
)

/** What looks like a full stop, letters and digits too. */
const FULL_STOPS = /[\u0660\u06f0\u0701\u0702\u3002\ua4f8\ua60e\u{10a50}]/gu

/** Returns a name with plain full stops, as a host has them. */
export function withFullStops(name: string): string {
  return name.normalize('NFKC').replace(FULL_STOPS, '.')
}

/** Puts Latin letters in place of those that look like them. */
function inLatin(text: string, ...tables: readonly ReadonlyMap<string, string>[]): string {
  return [...text].map((one) => tables.find((table) => table.has(one))?.get(one) ?? one).join('')
}

function bare(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '')
}

function bones(small: string): string {
  // Twice: a sign that stands for a digit can be one that looks like a letter.
  return inLatin(inLatin(bare(small.toLowerCase()), SMALL, LATIN), SMALL)
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}

/**
 * Returns what is left of a name when case, marks, spaces, punctuation, and the alphabet of letters that look alike are taken away:
 * `''` where nothing is. There are two of it, since a capital can look like another letter than the small one does: in the first all are small,
 * and boxes and flags are signs; in the second each is taken as it stands, and they are letters. Two names are alike if one of these is the same.
 */
export function skeletonsOf(name: string): readonly [asSmall: string, asWritten: string] {
  return [bones(bare(name)), bones(inLatin(bare(inLatin(name, LATIN, BOXED)), LATIN))]
}
