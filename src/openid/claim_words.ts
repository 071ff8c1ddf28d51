/**
 * What is told of a person, in words that the person can read.
 *
 * @module
 */

/** What stands for claims that people do not know by their names; nothing for those that only say how sure, or how old, another is. */
const WORDS: Readonly<Record<string, string | undefined>> = {
  name: 'name',
  given_name: 'name',
  family_name: 'name',
  middle_name: 'name',
  nickname: 'name',
  preferred_username: 'user name',
  profile: 'profile page',
  picture: 'picture',
  website: 'website',
  gender: 'gender',
  birthdate: 'date of birth',
  zoneinfo: 'time zone',
  locale: 'language',
  updated_at: undefined,
  email: 'e-mail address',
  email_verified: undefined,
  address: 'postal address',
  phone_number: 'phone number',
  phone_number_verified: undefined,
}

/** Returns claims as words, each once: `name`, `picture`. */
export function writeClaims(names: Iterable<string>): readonly string[] {
  const words = [...names].map((name) => (Object.hasOwn(WORDS, name) ? WORDS[name] : name.replace(/[_-]+/g, ' ')))
  return [...new Set(words.filter((word) => word !== undefined))]
}

/** Returns a sentence on claims that may be seen: "See your name and picture"; nothing where there are none. */
export function writeSight(names: Iterable<string>): string | undefined {
  const words = writeClaims(names)
  if (words.length === 0) return undefined
  const last = words.at(-1)
  return `See your ${words.length === 1 ? last : `${words.slice(0, -1).join(', ')} and ${last}`}`
}
