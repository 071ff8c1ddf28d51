/**
 * Whose an address is: of IPv6 a line has 2^64, and whoever has it can ask from any (RFC 4291 §2.5.1, RFC 6177).
 *
 * @module
 */

/** Returns the line that an address is of, as what is counted by it: IPv4 as it is, of IPv6 the first 64 bits. */
export function lineOf(address: string): string {
  if (!address.includes(':')) return address
  // A server that listens to both kinds sees IPv4 so, and all of it would be one line.
  const v4 = /^::ffff:(?=[\d.]+$)(.*)/i.exec(address)?.[1]
  if (v4 !== undefined) return v4
  const [head = '', tail] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  const groups = [...before, ...zeros, ...after].slice(0, 4)
  return groups.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')
}
