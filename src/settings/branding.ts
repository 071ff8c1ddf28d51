/**
 * What the operator says of how the pages look.
 *
 * @module
 */

import { checkMembers, checkText, type Members, readText } from '../../keys/check.ts'
import { readAll } from '../../keys/faults.ts'
import type { Branding } from '../pages/branding.ts'
import { LEAST_CONTRAST, lightened, type Scheme, worstSurface } from '../pages/palette.ts'
import { readVisible } from '../protocol/visible.ts'
import { readBrandingWords } from './branding_words.ts'

/** What the operator says of how the pages look. */
export interface BrandingSettings {
  /** Whose pages they are called, 1 to 60 characters: `"Acme"`. Default: the issuer's host, which stands there too. */
  readonly name?: string
  /**
   * A picture: a `data:` URL (SVG, PNG, JPEG or WebP) of at most 32,768 characters, or a path at the issuer's own host, such as
   * `"/logo.svg"`, where you serve it. Default: a seal.
   */
  readonly logo?: string
  /** The picture for dark pages. Default: `logo`. */
  readonly logo_dark?: string
  /** The colour of links and buttons, `"#rrggbb"`; on light pages it has a contrast of 4.5 to 1 or more. Default `"#8a3d1a"`. */
  readonly accent?: string
  /** The same on dark pages. Default: `accent`, with as much white in it as it needs to be read there. */
  readonly accent_dark?: string
  /** Where your terms of service are, an https URL. Told in the metadata, too, as `op_tos_uri`. Default: nowhere. */
  readonly terms?: string
  /** Where you tell what you do with what you know of people, an https URL. In the metadata: `op_policy_uri`. Default: nowhere. */
  readonly privacy?: string
  /** Where people get help: an https URL, or an address of mail. Default: nowhere. */
  readonly support?: string
  /**
   * Texts of the pages in your own words, by language (`en`, `de`, `fr`, `es`, `ja`, `ar`) and name: `"consent.title"`. Each has the holes
   * that ours has, such as `{app}`. Default: ours.
   */
  readonly words?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const MEMBERS = [
  'name',
  'logo',
  'logo_dark',
  'accent',
  'accent_dark',
  'terms',
  'privacy',
  'support',
  'words',
] as const satisfies readonly (keyof BrandingSettings)[]

/** The most that a picture may have, which every page carries. */
const LOGO_LENGTH = 32_768

const PICTURE = 'a data: URL of an SVG, PNG, JPEG or WebP, or a path at this host that begins with one "/"'

/** Kinds of pictures that no browser runs anything in. */
const DATA_URL =
  /^data:image\/(?:svg\+xml|png|jpeg|webp)(?:;[a-z]+=[\w-]+)*(?:;base64)?,[\x21\x23-\x26\x28-\x3b\x3d\x3f-\x7e]+$/

function readPicture(name: string, value: unknown): string {
  checkText(name, value, /^/, PICTURE)
  if (value.length > LOGO_LENGTH)
    throw new RangeError(`"${name}" expected at most ${LOGO_LENGTH} characters, got ${value.length}: every page has it`)
  const isPath = /^\/(?!\/)[\w\-./~%]{0,200}$/.test(value) && new URL(value, 'https://h').pathname === value
  if (!isPath && !DATA_URL.test(value)) throw new RangeError(`"${name}" expected ${PICTURE}`)
  return value
}

function readColour(name: string, value: unknown, scheme: Scheme): string {
  checkText(name, value, /^#[0-9a-fA-F]{6}$/, 'a colour as "#rrggbb"')
  const { surface, contrast } = worstSurface(value, scheme)
  if (contrast < LEAST_CONTRAST)
    throw new RangeError(
      `"${name}" expected a colour that can be read on the ${surface} of a ${scheme} page, by ${LEAST_CONTRAST} : 1 or more, got ${contrast.toFixed(2)} : 1`,
    )
  return value.toLowerCase()
}

/** Reads where something is told: https, as a URL parser leaves it. */
function readPlace(name: string, value: unknown): string {
  checkText(name, value, /^https:\/\/[\x21-\x7e]{1,500}$/, 'an https URL')
  if (!URL.canParse(value) || new URL(value).username !== '') throw new RangeError(`"${name}" expected an https URL`)
  return new URL(value).href
}

function readSupport(name: string, value: unknown): string {
  const expected = 'an https URL or an address of mail'
  checkText(name, value, /^/, expected)
  if (value.startsWith('https://')) return readPlace(name, value)
  return `mailto:${readText(name, value.replace(/^mailto:/, ''), /^[\w.+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])$/, expected)}`
}

function readName(name: string, value: unknown): string {
  return readVisible(name, value, 60)
}

/**
 * Reads how the pages look.
 *
 * @throws {TypeError | RangeError} all that is wrong with it, a colour that cannot be read among it
 */
export function readBranding(name: string, value: unknown = {}): Branding {
  checkMembers(name, value)
  const given: Members = value
  const has = <Read>(
    member: (typeof MEMBERS)[number],
    read: (path: string, value: unknown) => Read,
  ): Read | undefined => (given[member] === undefined ? undefined : read(`${name}.${member}`, given[member]))
  const read = readAll({
    members: () => checkMembers(name, given, MEMBERS),
    name: () => has('name', readName),
    logo: () => has('logo', readPicture),
    logoDark: () => has('logo_dark', readPicture),
    light: () => has('accent', (path, colour) => readColour(path, colour, 'light')),
    dark: () => has('accent_dark', (path, colour) => readColour(path, colour, 'dark')),
    terms: () => has('terms', readPlace),
    privacy: () => has('privacy', readPlace),
    support: () => has('support', readSupport),
    words: () => has('words', readBrandingWords),
    pairs: () => {
      if (given['logo_dark'] !== undefined && given['logo'] === undefined)
        throw new RangeError(`"${name}.logo_dark" expected "${name}.logo" beside it`)
      if (given['accent_dark'] !== undefined && given['accent'] === undefined)
        throw new RangeError(`"${name}.accent_dark" expected "${name}.accent" beside it`)
    },
  })
  const { light, dark, members: _, pairs: __, ...rest } = read
  const accent = light === undefined ? undefined : { light, dark: dark ?? lightened(light) }
  return Object.fromEntries(Object.entries({ ...rest, accent }).filter(([, one]) => one !== undefined))
}
