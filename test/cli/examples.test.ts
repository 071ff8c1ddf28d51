import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeBase64url } from '../../keys/base64url.ts'
import { Refusal } from '../../src/cli/command.ts'
import { ALL, COMMANDS, GROUPS } from '../../src/cli/commands.ts'
import { createDynamicIds } from '../../src/registration/walk_in/dynamic_id.ts'
import type { Ended } from '../checkout.ts'
import { secretHash } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'
import { folderOf, type ServeProcess, settingsOf, startServe } from '../parties/serve_process.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'
import { bullaHere } from './here.ts'

/** The issuer of the examples, and the one that runs here in its place. */
const NAMED = 'https://auth.example.com'
let issuer = ''
let served: ServeProcess
/** What lies in the folder of who reads the examples. */
const files: Record<string, string> = {}
let clientId = ''
const home = process.cwd()

const MORE = `[vars.CLIENTS.ops]
kind = "operator"
secret_hash = "${secretHash('ops-secret')}"

[vars.CLIENTS.orders-app]
grant_types = ["authorization_code"]
redirect_uris = ["http://127.0.0.1/callback"]
resources = ["https://api.example.com"]
scopes = ["orders:read"]

[vars.CLIENTS.orders-cli]
grant_types = ["urn:ietf:params:oauth:grant-type:device_code"]
resources = ["https://api.example.com"]
scopes = ["orders:read"]
`

/** A resource whose lowest branch can be told. */
const settings = (more: string): string =>
  settingsOf(issuer, more).replace('scopes = ["orders:read"]', 'scopes = ["orders:read"]\nbranch = 2')

beforeAll(async () => {
  const port = await freePort()
  issuer = `http://127.0.0.1:${port}`
  const serving = folderOf(settings(MORE))
  const made = await readFile(join(serving, 'ring.json'), 'utf8')
  const ring = made.replace(/"kid":"[^"]+"/, '"kid":"r1"')
  await writeFile(join(serving, 'ring.json'), ring)
  // The example of `bulla serve`, with a port that is free here.
  served = await startServe(serving, { port })
  Object.assign(files, {
    'settings.toml': settings(MORE),
    'wrangler.toml': settings('').replace('[vars]', 'compatibility_flags = ["nodejs_als"]\n[vars]'),
    'ring.json': ring,
    'ops.secret': 'ops-secret\n',
    'registration.keys': REGISTRATION_KEYS.join(' '),
    'clients.toml': settings('').slice(settings('').indexOf('[vars.CLIENTS.service]')).replaceAll('[vars.', '['),
    'events.jsonl': `${JSON.stringify({ id: '1', time: '2026-11-26T10:00:00Z', source: issuer, type: 'token.issued', outcome: 'ok' })}\n`,
  })
  const [key = ''] = REGISTRATION_KEYS
  clientId = createDynamicIds(issuer, [decodeBase64url(key)]).make({
    random: 'AAECAwQFBgc',
    hour: 500_000,
    name: 'Agent',
    redirectUris: ['http://127.0.0.1:1/cb'],
    method: 'none',
    grantTypes: ['authorization_code'],
  })
  const asked = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('service:service-secret')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  files['token.txt'] = await asked.text()
})
afterAll(() => {
  served.process.kill()
  process.chdir(home)
})

/** Words of a line as a shell reads them, as far as the examples use it. */
function wordsOf(line: string): { readonly words: readonly string[]; readonly from: string | undefined } {
  const inner = /(?:^\w+=|")\$\((.*)\)"?$/.exec(line)?.[1] ?? line
  const [call = '', from] = inner.split(' < ')
  const words = call.split(' ').map((word) => (word === '"$CLIENT_ID"' ? clientId : word.replaceAll(NAMED, issuer)))
  return { words, from }
}

/** What differs from day to day: times, names of roots. */
const masked = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'INSTANT')
    .replaceAll(/\br[A-Za-z0-9_-]{4}\b/g, 'KID')
    .trimEnd()

/** Runs an example in a folder in which all is that it reads, and nothing that it makes. */
async function runExample(line: string): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'bulla-example-'))
  process.chdir(folder)
  const { words, from } = wordsOf(line)
  const made = words[words.indexOf('--out') + 1]
  for (const [name, text] of Object.entries(files)) if (name !== made) await writeFile(name, text)
  if (words.includes('api.keys') && made !== 'api.keys')
    await bullaHere(wordsOf(exampleOf('keys export')).words.slice(1))
  if (words.includes('settings.jwe') && made !== 'settings.jwe')
    await bullaHere(wordsOf(exampleOf('settings seal')).words.slice(1))
  if (words.includes('github'))
    await writeFile('wrangler.toml', `${settings('')}[vars.LOGIN.github]\nprovider = "github"\nclient_id = "x"\n`)
  if (line.includes('sqlite:')) await guardIn(folder)
  const wait = async (): Promise<void> => {
    throw new Refusal('nobody is here')
  }
  const input = from === undefined ? '' : (files[from] ?? '')
  return bullaHere(words.slice(1), { input, io: { wait } })
}

const exampleOf = (called: string): string => COMMANDS.find(({ call }) => call === called)?.example.line ?? ''

/** Makes the file of a guard, as `bulla serve` does. */
async function guardIn(folder: string): Promise<void> {
  const { openStores } = await import('../../src/node/index.ts')
  const stores = await openStores(`sqlite:${join(folder, 'bulla.sqlite')}`)
  await stores.close()
}

const examples = [
  ['bulla', ALL.example] as const,
  ...Object.entries(GROUPS).map(([first, { example }]) => [`bulla ${first}`, example] as const),
  ...COMMANDS.map(({ call, example }) => [`bulla ${call}`, example] as const),
]

describe('the example of', () => {
  it.each(examples.filter(([call]) => !['bulla serve', 'bulla login'].includes(call)))(
    '%s does what it says, and prints it',
    async (_call, { line, prints }) => {
      const ended = await runExample(line)
      expect(ended, ended.out).toMatchObject({ code: 0, err: expect.not.stringContaining('bulla:') })
      if (prints !== undefined) expect(masked(ended.out + ended.err)).toBe(masked(prints))
    },
  )

  it('bulla login waits for a person, who is told what to do', async () => {
    const { err } = await runExample(exampleOf('login'))
    expect(err).toMatch(new RegExp(`^Open ${issuer}/device in a browser, on any device, and type the code:`))
    expect(err).toContain('bulla: nobody is here')
  })

  it('bulla serve is what serves here', () => {
    expect(exampleOf('serve')).toBe('KEY_RING_FILE=ring.json bulla serve --settings settings.toml')
    expect(served.said()).toContain(`${issuer} is served at `)
  })

  it.each(examples)('%s stands in its help', async (call, { line, prints = '' }) => {
    const { code, out } = await bullaHere([...call.split(' ').slice(1), '--help'])
    expect(code).toBe(0)
    expect(out).toContain(`example:\n  $ ${line}\n${prints && `  ${prints.replaceAll('\n', '\n  ')}\n`}`)
  })
})
