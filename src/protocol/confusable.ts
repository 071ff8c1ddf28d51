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

const LATIN = new Map(Object.entries(ALIKE).flatMap(([latin, others]) => [...others].map((one) => [one, latin])))

/**
 * Returns what is left of a name when case, marks, spaces, punctuation, and the alphabet of letters that look alike are taken away:
 * `''` where nothing is.
 */
export function skeletonOf(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '')
  const latin = [...plain].map((one) => LATIN.get(one) ?? one).join('')
  return latin
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}
