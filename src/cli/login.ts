/**
 * `bulla login`: a person lets this command in, from a browser, and it prints the token: the device flow of any issuer that has it
 * (RFC 8628), found by its metadata (RFC 8414, OpenID Connect Discovery).
 *
 * @module
 */

import { isLoopback } from '../../keys/identifier.ts'
import { DEVICE_CODE } from '../protocol/grant_type.ts'
import { checkRemoteUrl } from '../protocol/remote_url.ts'
import { makeVisible } from '../protocol/visible.ts'
import { askIssuer, type IssuerAnswer } from './ask_issuer.ts'
import { type Command, type Io, Refusal, UsageError, type Values } from './command.ts'

/** Seconds between two questions where the issuer says nothing, and what each "slower" adds (RFC 8628 §3.2, §3.5). */
const INTERVAL = 5

/** Seconds that are waited for a person at the most, whatever the issuer says. */
const LONGEST_LIFE = 3600

/** Returns a text that somebody else wrote so that a terminal only shows it. */
function shown(text: unknown): string {
  return makeVisible(String(text ?? '').slice(0, 200))
}

/**
 * Checks a URL of the issuer's, and returns it as a URL parser writes it: what goes there is worth a token.
 *
 * @param isHere whether this very machine will do, too: nobody elsewhere sends this command, or the browser, there
 */
function checkUrl(name: string, url: unknown, isHere: boolean, wrong: (message: string) => Error): string {
  try {
    checkRemoteUrl(name, url, isHere)
    return new URL(url).href
  } catch {
    throw wrong(`${name} expected an https URL of a public host${isHere ? ', or http on this machine' : ''}`)
  }
}

async function send(url: string, form?: URLSearchParams): Promise<IssuerAnswer> {
  const asked = form === undefined ? {} : { method: 'POST', body: form }
  return askIssuer(url, { ...asked, headers: { accept: 'application/json' } })
}

/** Returns JSON in which whatever a terminal would do something with is written out. */
function writePlain(answer: IssuerAnswer['body']): string {
  return JSON.stringify(answer).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Returns where the metadata of an issuer can be: before its path, or after it. */
function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]
}

/** Finds what an issuer says of itself; an issuer that calls itself otherwise is another (RFC 8414 §3.3). */
async function discover(issuer: string): Promise<IssuerAnswer['body']> {
  for (const url of metadataUrls(issuer)) {
    const { status, body } = await send(url)
    if (status !== 200 || body['issuer'] === undefined) continue
    if (body['issuer'] !== issuer)
      throw new Refusal(`this issuer calls itself ${shown(body['issuer'])}: write that for --issuer, if it is meant`)
    return body
  }
  throw new Refusal(`${issuer} tells nothing of itself: no metadata at ${metadataUrls(issuer).join(' nor ')}`)
}

/** What each error means for who sits there. */
const WORDS: Readonly<Record<string, string>> = {
  invalid_client: 'the issuer does not know this client, or it has a secret: this command has none',
  unauthorized_client: `the client may not do this: its grant_types need ${DEVICE_CODE}`,
  invalid_scope: 'the scope is more than the client may have; see --scope',
  invalid_target: 'the client may have no token for this resource, or for several; see --resource',
  access_denied: 'the person said no',
  expired_token: 'nobody answered in time; start again',
  slow_down: 'there were too many logins of this client here; wait a minute',
}

function refusalOf({ status, body }: IssuerAnswer): Refusal {
  const { error, error_description: description } = body
  const words = typeof error === 'string' && Object.hasOwn(WORDS, error) ? WORDS[error] : undefined
  if (words !== undefined) return new Refusal(`${words} (${shown(error)})`)
  return new Refusal(`the issuer refuses: ${shown(error ?? status)} ${shown(description)}`.trim())
}

/** What a device is told first. */
interface Begun {
  readonly deviceCode: string
  readonly userCode: string
  readonly uri: string
  readonly complete: string | undefined
  /** Seconds. */
  readonly life: number
  readonly interval: number
}

/** Returns a number of seconds that somebody else said, or the usual one. */
function secondsOf(value: unknown, usual: number): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : usual
}

async function begin(endpoint: string, form: URLSearchParams, isHere: boolean): Promise<Begun> {
  const answer = await send(endpoint, form)
  const { device_code, user_code, verification_uri, verification_uri_complete: complete } = answer.body
  if (answer.status !== 200) throw refusalOf(answer)
  if (typeof device_code !== 'string' || typeof user_code !== 'string')
    throw new Refusal('the issuer answers without a code')
  const wrong = (message: string): Error => new Refusal(`the issuer answers wrongly: ${message}`)
  return {
    deviceCode: device_code,
    userCode: shown(user_code),
    uri: checkUrl('verification_uri', verification_uri, isHere, wrong),
    complete: complete === undefined ? undefined : checkUrl('verification_uri_complete', complete, isHere, wrong),
    life: Math.min(secondsOf(answer.body['expires_in'], 600), LONGEST_LIFE),
    // Asked without a pause, or after one that a timer cannot count, the issuer would be asked all the time.
    interval: Math.min(Math.max(1, secondsOf(answer.body['interval'], INTERVAL)), LONGEST_LIFE),
  }
}

/** Asks until the person has answered. Where nobody is heard it asks half as often (RFC 8628 §3.5). */
async function poll(
  endpoint: string,
  form: URLSearchParams,
  { life, interval: first }: Begun,
  io: Io,
): Promise<IssuerAnswer['body']> {
  let interval = first
  for (let waited = 0; waited <= life; waited += interval) {
    await io.wait(interval)
    const answer = await send(endpoint, form).catch((error: unknown) => {
      if (error instanceof Refusal) return undefined
      throw error
    })
    if (answer?.status === 200) return answer.body
    const { error } = answer?.body ?? {}
    if (answer === undefined || answer.status >= 500) interval *= 2
    else if (error === 'slow_down') interval += INTERVAL
    else if (error !== 'authorization_pending') throw refusalOf(answer)
  }
  throw new Refusal(WORDS['expired_token'] ?? '')
}

function wishOf(values: Values): URLSearchParams {
  const form = new URLSearchParams({ client_id: values.need('client') })
  const scope = values.text('scope')
  if (scope !== undefined) form.set('scope', scope)
  for (const resource of values.list('resource')) form.append('resource', resource)
  return form
}

const login: Command = {
  call: 'login',
  summary: 'a token for you, as a client that is a device: you allow it in a browser',
  details:
    'Prints the access token alone, for scripts: TOKEN=$(bulla login …). The code and the address are told on stderr. Works with any issuer that has the device flow (RFC 8628).',
  isLasting: true,
  example: { line: 'TOKEN=$(bulla login --issuer https://auth.example.com --client orders-cli)' },
  needs: ['issuer', 'client'],
  options: {
    issuer: { type: 'string', value: 'URL', help: 'the URL of the issuer' },
    client: { type: 'string', value: 'ID', help: 'the client_id of a public client that may use the device flow' },
    scope: {
      type: 'string',
      value: 'SCOPE',
      help: 'what is asked for (default: what the issuer gives without a word)',
    },
    resource: {
      type: 'string',
      value: 'URI',
      multiple: true,
      help: 'the API that the token is for (default: the only one)',
    },
    json: { type: 'boolean', help: 'print the whole answer as JSON: refresh token and ID token, too' },
    'no-browser': { type: 'boolean', help: 'open no browser: the address is told in any case' },
  },
  async run(values, _operand, io) {
    const issuer = values.need('issuer')
    checkUrl('--issuer', issuer, true, (message) => new UsageError(message))
    const isHere = isLoopback(issuer)
    const form = wishOf(values)
    const metadata = await discover(issuer)
    const [device, token] = [metadata['device_authorization_endpoint'], metadata['token_endpoint']]
    if (device === undefined) throw new Refusal('this issuer has no device flow: no client of it may use one')
    const wrong = (message: string): Error => new Refusal(`the metadata are wrong: ${message}`)
    const [begins, polls] = [
      checkUrl('device_authorization_endpoint', device, isHere, wrong),
      checkUrl('token_endpoint', token, isHere, wrong),
    ]
    const begun = await begin(begins, form, isHere)
    io.say(`Open ${begun.uri} in a browser, on any device, and type the code:\n\n    ${begun.userCode}\n`)
    io.say('Go on there only if it shows this very code.')
    if (!values.has('no-browser')) io.open(begun.complete ?? begun.uri)
    const asking = new URLSearchParams({
      grant_type: DEVICE_CODE,
      device_code: begun.deviceCode,
      client_id: values.need('client'),
    })
    const answer = await poll(polls, asking, begun, io)
    const { access_token } = answer
    if (typeof access_token !== 'string' || !/^[\x21-\x7e]+$/.test(access_token))
      throw new Refusal('the issuer answers without an access token')
    io.say('Logged in.')
    io.out(values.has('json') ? writePlain(answer) : access_token)
    return 0
  },
}

/** The command by which a person gets a token. */
export const loginCommands: readonly Command[] = [login]
