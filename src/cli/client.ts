/**
 * `bulla client new`: a secret, once, and the settings entry with its hash.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { digestText } from '../../keys/digest.ts'
import { BUILT_IN_GRANT_TYPES } from '../grants/index.ts'
import { OPENID } from '../openid/openid.ts'
import { checkRedirectUri } from '../protocol/redirect_uri.ts'
import { type Command, type Io, OUT, UsageError, type Values } from './command.ts'

/** Whom an entry can be for. */
const KINDS: readonly string[] = ['client', 'resource_server', 'operator']

/** Returns a text or a list of texts as TOML writes it; a JSON text is a TOML text too. */
function writeToml(value: string | readonly string[]): string {
  return typeof value === 'string' ? JSON.stringify(value) : `[${value.map((text) => JSON.stringify(text)).join(', ')}]`
}

/** Returns the secret of a new client, and the hash that is kept of it. */
function makeSecret(io: Io): { readonly client_secret: string; readonly secret_hash: string } {
  const client_secret = encodeBase64url(io.random())
  return { client_secret, secret_hash: `sha256:${encodeBase64url(digestText(client_secret))}` }
}

/** Tells whether a client asks who logged in. */
function isAsking({ scopes = [] }: Readonly<Record<string, string | readonly string[]>>): boolean {
  return scopes.includes(OPENID)
}

/** Returns the settings entry of a resource server or an operator, who are given nothing. */
function readServerEntry(kind: string, values: Values): Readonly<Record<string, string | readonly string[]>> {
  const stray = ['public', 'redirect-uri', 'grant', 'scope', ...(kind === 'operator' ? ['resource'] : [])].find(
    (name) => values.has(name),
  )
  if (stray !== undefined) throw new UsageError(`--${stray} does not go with --kind ${kind}`)
  return { kind, ...(kind === 'operator' ? {} : { resources: values.list('resource') }) }
}

/** Returns the settings entry that the options ask for, without its secret. */
function readEntry(values: Values): Readonly<Record<string, string | readonly string[]>> {
  const kind = values.text('kind') ?? 'client'
  if (!KINDS.includes(kind)) throw new UsageError('--kind expected client, resource_server or operator')
  if (kind !== 'client') return readServerEntry(kind, values)
  const given = values.list('grant')
  const redirect_uris = values.list('redirect-uri')
  const usual = redirect_uris.length > 0 ? ['authorization_code', 'refresh_token'] : ['client_credentials']
  const grant_types = given.length === 0 ? usual : given
  const unknown = grant_types.find((type) => !BUILT_IN_GRANT_TYPES.includes(type))
  if (unknown !== undefined) throw new UsageError(`--grant expected one of: ${BUILT_IN_GRANT_TYPES.join(', ')}`)
  for (const uri of redirect_uris) checkRedirectUri('--redirect-uri', uri)
  const client_name = values.text('name')
  return {
    ...(client_name === undefined ? {} : { client_name }),
    grant_types,
    ...(redirect_uris.length > 0 ? { redirect_uris } : {}),
    resources: values.list('resource'),
    scopes:
      values
        .text('scope')
        ?.split(' ')
        .filter((token) => token !== '') ?? [],
  }
}

/** What a client that asks who logged in needs beside its entry. */
const PROVIDER =
  'It asks who logged in: the settings need [vars.OPENID], and the ring an RSA key (`bulla keys rotate --rs256`), unless the entry says id_token_signed_response_alg = "ES256".'

/** Returns how an entry begins in `wrangler.toml`. */
function headingOf(id: string): string {
  return `[vars.CLIENTS.${/^[A-Za-z0-9_-]+$/.test(id) ? id : JSON.stringify(id)}]`
}

/** Returns the secret in what `bulla client new ID --json` prints; undefined for all else. */
function secretInJson(id: string, text: string): string | undefined {
  try {
    const made: unknown = JSON.parse(text)
    if (made === null || typeof made !== 'object' || !('client_secret' in made && 'client_id' in made)) return undefined
    return made.client_id === id && typeof made.client_secret === 'string' ? made.client_secret : undefined
  } catch {
    return undefined
  }
}

/**
 * Returns the secret of a client in a text: the secret alone, or what `bulla client new ID` printed; undefined where neither
 * is there.
 */
export function secretIn(id: string, text: string): string | undefined {
  const [secret, ...others] = text.trim().split(/\r?\n/)
  const isAlone = others.length === 0 || (others[0] === '' && others[1] === headingOf(id))
  return secretInJson(id, text) ?? (isAlone && secret !== '' ? secret : undefined)
}

const create: Command = {
  call: 'client new',
  operand: 'ID',
  summary: 'a secret, once, and the settings entry with its hash',
  guesses: ['create', 'add'],
  example: {
    line: 'bulla client new orders-job --resource https://api.example.com --scope orders:read --out orders-job.secret',
  },
  details: 'Give the secret to the client; it is not kept. The entry goes into wrangler.toml.',
  options: {
    kind: {
      type: 'string',
      value: 'KIND',
      choices: KINDS,
      help: 'client (default); resource_server, who fetches keys and introspects; or operator, who revokes',
    },
    public: { type: 'boolean', help: 'for an app that cannot keep a secret: none is made' },
    name: { type: 'string', value: 'NAME', help: 'what people are told that it is called' },
    'redirect-uri': {
      type: 'string',
      multiple: true,
      value: 'URI',
      help: 'where answers to authorization requests may go',
    },
    grant: {
      type: 'string',
      multiple: true,
      value: 'TYPE',
      choices: BUILT_IN_GRANT_TYPES,
      help: 'a grant type that it may use (default client_credentials; with --redirect-uri authorization_code and refresh_token)',
    },
    resource: { type: 'string', multiple: true, value: 'URI', help: 'a resource that it may have tokens for' },
    scope: {
      type: 'string',
      value: 'SCOPE',
      help: 'the scope tokens that it may have, with spaces between; with openid among them it asks who logged in, and needs no resource',
    },
    json: { type: 'boolean', help: 'as JSON: client_id, client_secret, settings' },
    out: OUT,
  },
  async run(values, id, io) {
    if (!/^[A-Za-z0-9._~-]{1,256}$/.test(id)) throw new UsageError('ID expected 1 to 256 characters of [A-Za-z0-9._~-]')
    const entry = readEntry(values)
    const made = values.has('public') ? undefined : makeSecret(io)
    const settings = { ...(made === undefined ? {} : { secret_hash: made.secret_hash }), ...entry }
    if (values.has('json')) {
      const secret = made === undefined ? {} : { client_secret: made.client_secret }
      io.out(JSON.stringify({ client_id: id, ...secret, settings }, undefined, 2))
      return 0
    }
    io.say(`${made === undefined ? 'The' : 'The secret, shown this once, and the'} entry for wrangler.toml:`)
    if (made !== undefined) io.out(`${made.client_secret}\n`)
    io.out(headingOf(id))
    for (const [name, value] of Object.entries(settings)) io.out(`${name} = ${writeToml(value)}`)
    if (isAsking(entry)) io.say(PROVIDER)
    return 0
  },
}

/** The commands about clients. */
export const clientCommands: readonly Command[] = [create]
