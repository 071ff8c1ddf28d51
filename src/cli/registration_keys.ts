/**
 * `bulla client keys` and `bulla client read`: the keys by which clients register, and what an id holds that one of them made.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { createDynamicIds, DYNAMIC_PREFIX, type OpenedId } from '../registration/walk_in/dynamic_id.ts'
import { MOST_REGISTRATION_KEYS, readRegistrationKeys } from '../registration/walk_in/walk_in_registration.ts'
import { type Command, type Io, type Option, OUT, Refusal, type Values } from './command.ts'
import { readVariable } from './dotenv_file.ts'
import { isJson, readText } from './ring_file.ts'
import { readSettings, SETTINGS, tableOf } from './settings_file.ts'

/** The variable that holds them. */
export const REGISTRATION_KEYS = 'REGISTRATION_KEYS'

const KEYS: Option = {
  type: 'string',
  value: 'FILE',
  help: `the keys, or a dotenv file with ${REGISTRATION_KEYS}; - is stdin`,
}

/** Returns the keys in a file. */
async function readKeys(values: Values, io: Io): Promise<readonly Uint8Array[]> {
  const text = await readText(values.need('keys'), io)
  const isDotenv = /[=:]/.test(text)
  return readRegistrationKeys(REGISTRATION_KEYS, isDotenv ? readVariable(text, REGISTRATION_KEYS) : text)
}

/** Returns what is wrong with the keys in a dotenv file that has some: a line, or nothing. */
export function examineRegistrationKeys(text: string): readonly string[] {
  const found = isJson(text) ? undefined : readVariable(text, REGISTRATION_KEYS)
  if (found === undefined) return []
  try {
    readRegistrationKeys(REGISTRATION_KEYS, found)
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

const keys: Command = {
  call: 'client keys',
  summary: 'a new key by which clients register; with --keys before those that there are',
  example: { line: 'bulla client keys --out registration.keys' },
  details:
    'The first key makes ids, all know them. To take one out is the end of all clients that it made, for good.\nNever write `> FILE` over the file that --keys reads: the shell empties it first. Use --out.',
  options: { keys: KEYS, out: OUT },
  async run(values, _operand, io) {
    const there = values.has('keys') ? await readKeys(values, io) : []
    if (there.length >= MOST_REGISTRATION_KEYS)
      throw new Refusal(
        `there are ${MOST_REGISTRATION_KEYS} already: take the last one out first, which ends all clients that it made`,
      )
    const written = [io.random(), ...there].map(encodeBase64url)
    io.out(values.has('json') ? JSON.stringify({ [REGISTRATION_KEYS]: written.join(' ') }) : written.join(' '))
    io.say(
      `This is a secret: keep it as ${REGISTRATION_KEYS}, and keep a copy, for it cannot be read back from a Worker.`,
    )
    if (there.length > 0)
      io.say('The new key comes first and makes ids from now on; what the others made they still know.')
    return 0
  },
}

/** Says what the settings have against a client, if they are there and this issuer's. */
async function sayBlocked(id: string, values: Values, issuer: string | undefined, io: Io): Promise<void> {
  const settings = await readSettings(values)
  if (settings === undefined || (issuer !== undefined && settings.vars.ISSUER !== issuer)) return
  const { blocked } = tableOf(settings, 'REGISTRATION')
  const host = URL.canParse(id) ? new URL(id).hostname : id
  const list: readonly unknown[] = Array.isArray(blocked) ? blocked : []
  if (list.includes(id) || list.includes(host)) io.say(`blocked in ${settings.file}: it may not walk in`)
}

/** Returns what opens an id, and which of the keys it is, counted from 1. */
function openId(id: string, issuer: string, all: readonly Uint8Array[]): { opened: OpenedId; number: number } {
  for (const [index, key] of all.entries()) {
    const opened = createDynamicIds(issuer, [key]).open(id)
    if (opened !== undefined) return { opened, number: index + 1 }
  }
  throw new Refusal(
    `none of these keys made it for ${issuer}: it is another issuer's, its key was taken out, or it was changed`,
  )
}

const read: Command = {
  call: 'client read',
  operand: 'ID',
  summary: 'what the id of a client holds that registered, as JSON',
  example: { line: 'bulla client read "$CLIENT_ID" --keys registration.keys --issuer https://auth.example.com' },
  needs: ['keys', 'issuer'],
  options: {
    keys: KEYS,
    issuer: { type: 'string', value: 'URL', help: 'the URL of the issuer' },
    settings: SETTINGS,
  },
  async run(values, id, io) {
    if (/^https?:/.test(id)) {
      await sayBlocked(id, values, values.text('issuer'), io)
      throw new Refusal('a URL as an id holds nothing: the document that stands there does')
    }
    if (!id.startsWith(DYNAMIC_PREFIX))
      throw new Refusal(`ids of clients that registered begin with ${DYNAMIC_PREFIX}; others stand in the settings`)
    const issuer = values.need('issuer')
    const all = await readKeys(values, io)
    const { opened, number } = openId(id, issuer, all)
    const { name, redirectUris, method, grantTypes, hour } = opened.facts
    const facts = {
      ...(name === '' ? {} : { client_name: name }),
      redirect_uris: redirectUris,
      token_endpoint_auth_method: method,
      grant_types: grantTypes,
      registered: `${new Date(hour * 3_600_000).toISOString().slice(0, 16)}Z`,
    }
    io.out(JSON.stringify(facts, undefined, 2))
    io.say(`made by key ${number} of ${all.length}; its name is what it gave itself`)
    await sayBlocked(id, values, issuer, io)
    return 0
  },
}

/** The commands about clients that register. */
export const registrationCommands: readonly Command[] = [keys, read]
