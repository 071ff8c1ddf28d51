/**
 * What is told of a person, by what people call it in English; pages say it in the language of whoever reads them.
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
