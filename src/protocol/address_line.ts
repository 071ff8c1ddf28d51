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
  const groupsOf = (text: string): readonly string[] => text.split(':').filter((group) => group !== '')
  const zeros = '0:'.repeat(Math.max(0, 8 - groupsOf(address).length))
  const groups = groupsOf(address.replace('::', `:${zeros}`)).slice(0, 4)
  return groups.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')
}
