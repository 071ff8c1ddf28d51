import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KNOWN_PROVIDER_NAMES } from '../../src/login/known_providers.ts'
import { ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { secretHash } from '../fixtures.ts'

const HASH = secretHash('a secret')

/** Runs `bulla check` with these arguments in a folder with these files. */
async function check(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const cwd = await mkdtemp(join(tmpdir(), 'bulla-check-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text)
  return run('node', [join(ROOT, 'src/cli/bulla.ts'), 'check', ...args], { cwd })
}

const GOOD = `
name = "auth"
compatibility_flags = ["nodejs_als"]
kv_namespaces = [{ binding = "CACHE", id = "1" }]

[[durable_objects.bindings]]
name = "GUARD"
class_name = "GuardObject"

[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationsObject"

[[ratelimits]]
name = "FAILURES"
namespace_id = "1001"
simple = { limit = 50, period = 60 }

[vars]
ISSUER = "https://auth.example.com"
SHOP_URL = "https://shop.example.com"

[vars.RESOURCES."https://api.example.com"]
scopes = ["orders:read", "orders:write"]
subject_type = "pairwise"

[vars.LOGIN]
type = "openid"
issuer = "https://accounts.example.com"
client_id = "x"
token_endpoint_auth_method = "client_secret_post"

[vars.CLIENTS.shop]
secret_hash = "${HASH}"
grant_types = ["authorization_code", "client_credentials"]
redirect_uris = ["https://shop.example.com/cb"]
resources = ["https://api.example.com"]
scopes = ["orders:read"]

[vars.CLIENTS.bank]
profile = "fapi2"
token_endpoint_auth_method = "private_key_jwt"
jwks_uri = "https://bank.example.com/jwks"
grant_types = ["client_credentials"]
resources = ["https://api.example.com"]
scopes = ["orders:read"]
`

const BAD = `
[vars]
ISSUER = "https://auth.example.com/"
SESSION_LIFETIM = 3600

[vars.CLIENT.lost]
grant_types = ["client_credentials"]

[vars.RESOURCES."https://api.example.com"]
scopes = ["orders:read"]
envelop = "nested"

[vars.CLIENTS.billing]
secret_hash = "billing-secret"
grant_types = ["client_credentials"]
resources = ["https://api.example.com/"]
redirect_uris = ["https://*.acme.test/cb"]

[vars.CLIENTS.spa]
grant_types = ["client_credentials"]
`

describe('bulla check', () => {
  it('says that the issuer can start, and names what it has not looked at', async () => {
    const { code, out, err } = await check({ 'wrangler.toml': GOOD })
    expect([code, out]).toEqual([0, ''])
    expect(err.split('\n').filter(Boolean)).toEqual([
      'not checked, for they are secrets: PAIRWISE_SALT, REGISTRATION_KEYS, LOGIN_CLIENT_SECRET, KEY_RING, KEY_RING_NEXT',
      'wrangler.toml: the issuer can start with these settings',
    ])
  })

  it('says which client the ring needs an RSA key for, since the ring is not looked at', async () => {
    const provider = (more = ''): string =>
      `${GOOD}\n[vars.OPENID]\n[vars.CLIENTS.rp]\nsecret_hash = "${HASH}"\ngrant_types = ["authorization_code"]\nredirect_uris = ["https://rp.example/cb"]\nscopes = ["openid"]\n${more}`
    const needs =
      'not checked: KEY_RING needs an RSA key, for the client "rp" (`bulla keys show` tells whether it has one)'
    const [byDefault, otherwise, without] = await Promise.all([
      check({ 'wrangler.toml': provider() }),
      check({ 'wrangler.toml': provider('id_token_signed_response_alg = "ES256"\n') }),
      check({ 'wrangler.toml': GOOD }),
    ])
    expect([byDefault.code, byDefault.err]).toEqual([0, expect.stringContaining(`${needs}\n`)])
    for (const { code, err } of [otherwise, without])
      expect([code, err]).toEqual([0, expect.not.stringContaining('RSA')])
  })

  it('says all faults at once, one a line, with where it stands and what was meant; exit 1', async () => {
    const { code, out, err } = await check({ 'wrangler.toml': BAD })
    expect(code).toBe(1)
    expect(out.split('\n').filter(Boolean)).toEqual(
      [
        '"SESSION_LIFETIM" is no setting; did you mean "SESSION_LIFETIME"? Call what is your own something else',
        '"CLIENT" is no setting; did you mean "CLIENTS"? Call what is your own something else',
        expect.stringMatching(
          /"RESOURCES\["https:\/\/api.example.com"\]" has no setting "envelop"; did you mean "envelope"\?/,
        ),
        expect.stringMatching(
          /"CLIENTS\["billing"\].secret_hash\[0\]" expected "sha256:…" as `bulla client new` prints/,
        ),
        '"CLIENTS["billing"].resources[0]" expected one of the resources of these settings; did you mean "https://api.example.com"?',
        '"CLIENTS["billing"].redirect_uris[0]" expected each URI written out: "*" stands for no other text',
        '"ISSUER" expected a URL in its plain form: lower case, no user, no slash at the end',
        expect.stringMatching(
          /"CLIENTS\["spa"\].grant_types" expected one that it can use; a public client cannot act/,
        ),
      ].map((line) => (typeof line === 'string' ? `wrangler.toml: ${line}` : line)),
    )
    expect(out + err).not.toContain('billing-secret')
  })

  it('calls a misspelt setting as it was written, however like a name in code', async () => {
    const { out } = await check({ 'wrangler.toml': '[vars]\nHOMEREGIONS = 4\nsessionLifetime = 60\n' })
    const refused = (name: string, meant: string): string =>
      `wrangler.toml: "${name}" is no setting; did you mean "${meant}"? Call what is your own something else\n`
    expect(out).toContain(refused('HOMEREGIONS', 'HOME_REGIONS'))
    expect(out).toContain(refused('sessionLifetime', 'SESSION_LIFETIME'))
  })

  it('is asked as the docs say, and finds no fault with the wrangler.toml of this project', async () => {
    const { code, out, err } = await run('bash', ['-ec', blockOf('check')])
    expect([code, out]).toEqual([0, ''])
    expect(err).toContain('wrangler.toml: the issuer can start with these settings')
  })

  it('asks of an environment what stands there alone, for nothing is inherited, and says which it did not ask', async () => {
    const toml = `${GOOD}\n[env.staging.vars]\nISSUER = "https://staging.example.com"\nGAURD = "none"\n[env.live]\n`
    const [top, staging, live, none] = await Promise.all([
      check({ 'wrangler.toml': toml }),
      check({ 'wrangler.toml': toml }, '--env', 'staging'),
      check({ 'wrangler.toml': toml }, '--env', 'live'),
      check({ 'wrangler.toml': toml }, '--env', 'nowhere'),
    ])
    expect([top.code, top.out]).toEqual([0, ''])
    expect(top.err).toContain('not checked: the environments staging, live; see --env')
    expect([staging.code, staging.out]).toEqual([
      1,
      'wrangler.toml, staging: "GAURD" is no setting; did you mean "GUARD"? Call what is your own something else\n',
    ])
    expect([live.code, live.out]).toEqual([
      1,
      'wrangler.toml, live: "ISSUER" expected the URL of this issuer, got nothing\n',
    ])
    expect([none.code, none.err]).toEqual([1, 'bulla: there is no environment nowhere\n'])
  })

  it('takes it that the keys of registration are there, which are secret, and finds what is wrong beside them', async () => {
    const walkIn = (more: string): string =>
      `${GOOD}\n[vars.REGISTRATION]\nresources = ["https://api.example.com"]\nscopes = ["orders:read"]\n${more}`
    const [good, bad] = await Promise.all([
      check({ 'wrangler.toml': walkIn('dynamic = true\ndocuments = false\n') }),
      check({ 'wrangler.toml': walkIn('dynamic = 1\nblocked = "x"\n') }),
    ])
    expect([good.code, good.out, good.err]).toEqual([0, '', expect.stringContaining('REGISTRATION_KEYS, ')])
    expect([bad.code, bad.out.split('\n').filter(Boolean)]).toEqual([
      1,
      [
        'wrangler.toml: "REGISTRATION.dynamic" expected true or false, got 1',
        'wrangler.toml: "REGISTRATION.blocked" expected a list, got a string',
      ],
    ])
    const keys = 'q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k'
    const open = await check({
      'wrangler.toml': walkIn('').replace('[vars]', `[vars]\nREGISTRATION_KEYS = "${keys} x"`),
    })
    expect([open.code, open.out]).toEqual([
      1,
      'wrangler.toml: "REGISTRATION_KEYS" expected one to four keys as `bulla client keys` prints them\n',
    ])
    expect(open.err).toContain('ought to be secrets: REGISTRATION_KEYS')
    expect(open.out + open.err).not.toContain(keys)
  })

  it('knows the secret of each provider among several, takes it that it is there, and tells one that all can read', async () => {
    const several = (more: string, tables: string, top = ''): Readonly<Record<string, string>> => ({
      'wrangler.toml': `${top}${GOOD.replace(/\[vars.LOGIN\][^[]*/, tables).replace('SHOP_URL', `${more}\nSHOP_URL`)}`,
    })
    const tables = `[vars.LOGIN.acme]
type = "openid"
issuer = "https://accounts.example.com"
client_id = "x"
token_endpoint_auth_method = "client_secret_post"

[vars.LOGIN.open]
type = "openid"
issuer = "https://open.example.com"
client_id = "x"
token_endpoint_auth_method = "none"

`
    const [good, open, stray, promised] = await Promise.all([
      check(several('', tables)),
      check(several('LOGIN_CLIENT_SECRET_ACME = "canary"', tables)),
      check(several('LOGIN_CLIENT_SECRET_AMCE = "canary"\nLOGIN_CLIENT_SECRET = "canary"', tables)),
      check(several('', tables, 'secrets = { required = ["LOGIN_CLIENT_SECRET", "LOGIN_CLIENT_SECRET_ACMEE"] }\n')),
    ])
    expect([good.code, good.out, good.err.split('\n')[0]]).toEqual([
      0,
      '',
      'not checked, for they are secrets: PAIRWISE_SALT, REGISTRATION_KEYS, KEY_RING, KEY_RING_NEXT, LOGIN_CLIENT_SECRET_ACME',
    ])
    expect([open.code, open.err]).toEqual([
      0,
      expect.stringContaining('for all to read, and ought to be secrets: LOGIN_CLIENT_SECRET_ACME\n'),
    ])
    for (const [{ code, out }, name] of [
      [stray, 'AMCE'],
      [promised, 'ACMEE'],
    ] as const)
      expect([code, out.split('\n').filter(Boolean)]).toEqual([
        1,
        [`_${name}`, ''].map(
          (end) =>
            `wrangler.toml: "LOGIN_CLIENT_SECRET${end}" is the secret of no provider; did you mean "LOGIN_CLIENT_SECRET_ACME"?`,
        ),
      ])
    for (const { out, err } of [good, open, stray, promised]) expect(out + err).not.toContain('canary')
  })

  it('takes it that the secret is there of each provider that is known by name, and lists it', async () => {
    const tables = KNOWN_PROVIDER_NAMES.map(
      (name) =>
        `[vars.LOGIN.${name}]\nprovider = "${name}"\nclient_id = "x"\n${name === 'microsoft' ? 'tenants = ["1"]\n' : ''}`,
    )
    const { code, out, err } = await check({
      'wrangler.toml': GOOD.replace(/\[vars.LOGIN\][^[]*/, `${tables.join('')}\n`),
    })
    expect([code, out]).toEqual([0, ''])
    for (const name of KNOWN_PROVIDER_NAMES) expect(err).toContain(`LOGIN_CLIENT_SECRET_${name.toUpperCase()}`)
  })

  it('says where nobody can be told when people logged in, what a token in the tokens of an API means, and whom DPoP is advised for', async () => {
    const app = (name: string, more: string): string => `
[vars.CLIENTS.${name}]
grant_types = ["authorization_code"]
redirect_uris = ["https://${name}.example.com/cb"]
resources = ["https://api.example.com", "https://mcp.example.com"]
scopes = ["orders:read", "openid"]
id_token_signed_response_alg = "ES256"
${more}
`
    const toml = (tables: string): string =>
      `${GOOD.replace(/\[vars.LOGIN\][\s\S]*/, tables)}
[vars.RESOURCES."https://mcp.example.com"]
scopes = []
provider_token = "github"
provider_scope = "repo"

[vars.OPENID]
${app('asking', 'default_max_age = 600')}${app('knowing', 'require_auth_time = true\ndpop_bound_access_tokens = true')}${app('plain', '')}`
    const github = `[vars.LOGIN.github]\nprovider = "github"\nclient_id = "x"\n`
    const acme = `[vars.LOGIN.acme]\ntype = "openid"\nissuer = "https://accounts.example.com"\nclient_id = "x"\n`
    const [alone, beside] = await Promise.all([
      check({ 'wrangler.toml': toml(github) }),
      check({ 'wrangler.toml': toml(github + acme) }),
    ])
    const adviceOf = ({ err }: { err: string }) => err.split('\n').filter((line) => line.startsWith('to know: '))
    const mcp = '"https://mcp.example.com"'
    const wants = (name: string, setting: string) =>
      `to know: the client "${name}" wants to know when people logged in (${setting}), and`
    const ofTokens = [
      `to know: whoever gets the keys of ${mcp} reads the provider's tokens in all of its tokens that were recorded in their time, and another branch does not undo that`,
      `to know: advised for "asking", "plain": dpop_bound_access_tokens = true, for tokens at ${mcp} carry those of a provider`,
    ]
    expect([alone.code, alone.out, adviceOf(alone)]).toEqual([
      0,
      '',
      [
        `${wants('asking', 'default_max_age')} no way to log in proves it: it is answered login_required, always`,
        `${wants('knowing', 'require_auth_time')} no way to log in proves it: it is answered login_required, always`,
        'to know: no way to log in proves when, or how, somebody logged in: an API whose verifier demands maxAge or acr lets nobody in',
        ...ofTokens,
      ],
    ])
    expect([beside.code, beside.out, adviceOf(beside)]).toEqual([
      0,
      '',
      [
        `${wants('asking', 'default_max_age')} who is handed over does not prove it: it is answered login_required at ${mcp}`,
        `${wants('knowing', 'require_auth_time')} who is handed over does not prove it: it is answered login_required at ${mcp}`,
        `to know: "github" does not prove when, or how, somebody logged in: an API of ${mcp} whose verifier demands maxAge or acr lets nobody in`,
        ...ofTokens,
      ],
    ])
    const usual = await check({ 'wrangler.toml': GOOD })
    expect(usual.err).not.toContain('to know')
  })

  it('says what a Worker lacks whose requests nobody can follow, in whatever environment', async () => {
    const words = 'to know: without "nodejs_als" in compatibility_flags events say neither their client'
    const flag = 'compatibility_flags = ["nodejs_als"]'
    const live = GOOD.replaceAll('[vars', '[env.live.vars').replaceAll('[[durable', '[[env.live.durable')
    const [without, compat, inherited, own] = await Promise.all([
      check({ 'wrangler.toml': GOOD.replace(flag, '') }),
      check({ 'wrangler.toml': GOOD.replace(flag, 'compatibility_flags = ["nodejs_compat"]') }),
      check({ 'wrangler.toml': live }, '--env', 'live'),
      check({ 'wrangler.toml': `${live}\n[env.live]\ncompatibility_flags = []\n` }, '--env', 'live'),
    ])
    expect([without.code, compat.code, inherited.code, own.code]).toEqual([0, 0, 0, 0])
    for (const { err } of [without, own]) expect(err).toContain(words)
    for (const { err } of [compat, inherited]) expect(err).not.toContain(words)
  })

  it('says which variables are longer than a Worker takes, such as a list of what is blocked', async () => {
    const blocked = Array.from({ length: 5 }, (_, index) => `"${`dcr.${index}`.padEnd(1020, 'x')}"`).join(',')
    const registration = `[vars.REGISTRATION]\nresources = ["https://api.example.com"]\nscopes = ["orders:read"]\n`
    const [long, fitting] = await Promise.all(
      [blocked, blocked.slice(0, blocked.lastIndexOf(','))].map((list) =>
        check({ 'wrangler.toml': `${GOOD}\n${registration}blocked = [${list}]\n` }),
      ),
    )
    expect([long?.code, long?.err]).toEqual([
      0,
      expect.stringMatching(/too long for a Worker: REGISTRATION has 5[12]\d\d bytes, and a variable holds 5120\n/),
    ])
    expect(fitting?.err).not.toContain('too long')
  })

  it('finds settings that stand beside the variables, where nothing reads them', async () => {
    const { code, out } = await check({
      'wrangler.toml': `[vars]\nISSUER = "https://auth.example.com"\n[CLIENTS.c]\ngrant_types = []\n`,
    })
    expect([code, out]).toEqual([
      1,
      'wrangler.toml: "CLIENTS" stands outside of the variables; did you mean [vars.CLIENTS]?\n',
    ])
  })

  it('finds names of bindings and of required secrets that are misspelt', async () => {
    const { code, out } = await check({
      'wrangler.jsonc': `{
        // as wrangler reads it
        "vars": { "ISSUER": "https://auth.example.com", },
        "durable_objects": { "bindings": [{ "name": "GAURD", "class_name": "GuardObject" }] },
        "kv_namespaces": [{ "binding": "REVOCATION", "id": "1" }],
        "secrets": { "required": ["KEYRING", "KEY_RING_NEXT", "SHOP_SECRET"] }
      }`,
    })
    expect(code).toBe(1)
    expect(out.match(/did you mean "\w+"/g)).toEqual([
      'did you mean "REVOCATIONS"',
      'did you mean "GUARD"',
      'did you mean "KEY_RING"',
    ])
  })

  it.each([
    ['a Queue for events', '[[queues.producers]]\nbinding = "EVENTS"\nqueue = "events"'],
    ['a dataset for events', '[[analytics_engine_datasets]]\nbinding = "EVENTS"\ndataset = "events"'],
    ['a bucket of settings', '[[r2_buckets]]\nbinding = "SETTINGS"\nbucket_name = "bulla-settings"'],
    ['a namespace of settings', '[[kv_namespaces]]\nbinding = "SETTINGS"\nid = "1"'],
    ['a limit', '[[ratelimits]]\nname = "LIMITS_SUBJECT"\nnamespace_id = "1006"\nsimple = { limit = 60, period = 60 }'],
  ])('takes what a Worker can bind: %s', async (_, binding) => {
    const settings = `${GOOD.replace(/^kv_namespaces.*$/m, '')}\n${binding}\n`
    expect((await check({ 'wrangler.toml': settings })).out).toBe('')
  })

  it('says that a client needs what is not bound, as the start does', async () => {
    const { code, out } = await check({
      'wrangler.toml': GOOD.replace('"GUARD"', '"SOMETHING"').replace('"REVOCATIONS"', '"ELSE"'),
    })
    expect(code).toBe(1)
    expect(out).toMatch(
      /: "GUARD" expected a guard, or "none" written out: the client "shop" may use authorization_code\n/,
    )
    expect(out).toMatch(/: "REVOCATIONS" expected a place to keep them: the client "bank" is in the profile fapi2\n/)
  })

  it('takes the variables alone, as JSON; knows a grant type of your own; and tells a secret that all can read', async () => {
    const grant = 'urn:acme:shop'
    const client = { secret_hash: HASH, grant_types: [grant] }
    const vars = { ISSUER: 'https://auth.example.com', CLIENTS: { pos: client } }
    const files = { 'settings.json': JSON.stringify(vars) }
    const [without, own] = await Promise.all([
      check(files, '--settings', 'settings.json'),
      check(files, '--settings', 'settings.json', '--grant', grant),
    ])
    expect([without.code, own.code, own.out]).toEqual([1, 0, ''])
    expect(without.out).toContain('settings.json: "CLIENTS["pos"].grant_types[0]" expected "authorization_code" or')
    const open = await check({
      'wrangler.json': JSON.stringify({ vars: { ...vars, CLIENTS: {}, KEY_RING: 'canary' } }),
    })
    expect([open.code, open.err]).toEqual([0, expect.stringContaining('ought to be secrets: KEY_RING')])
    expect(open.out + open.err).not.toContain('canary')
  })

  it('takes a guard for granted in a file that is for `bulla serve`, as that has one, and says so; in a Worker’s it does not', async () => {
    const settings = `[vars]\nISSUER = "ISSUER"\n[vars.RESOURCES."https://api.example.com"]\nscopes = ["read"]\n[vars.CLIENTS.app]\ngrant_types = ["authorization_code"]\nredirect_uris = ["http://127.0.0.1/cb"]\nresources = ["https://api.example.com"]\nscopes = ["read"]\n`
    const login = '[vars.LOGIN]\ntype = "openid"\nissuer = "https://a.example"\nclient_id = "x"\n'
    const there = `${settings.replace('"ISSUER"', '"https://auth.example.com"')}${login}`
    const [local, served, own, worker] = await Promise.all([
      check({ 'bulla.toml': settings.replace('"ISSUER"', '"http://localhost:8787"') }, '--settings', 'bulla.toml'),
      check({ 'bulla.toml': there }, '--settings', 'bulla.toml'),
      check({ 'wrangler.toml': there }),
      check({ 'staging.toml': `main = "src/worker.ts"\n${there}` }, '--settings', 'staging.toml'),
    ])
    const misplaced = await check(
      { 'bulla.toml': there.replace('[vars]', '[vars]\nGUARD_URL = "redis://hush"\nGUARD = "none"') },
      '--settings',
      'bulla.toml',
    )
    expect([misplaced.code, misplaced.out]).toEqual([
      1,
      'bulla.toml: "GUARD_URL" is read from the environment, and never from a file of settings\n',
    ])
    const granted = 'taken for granted: a guard, and a list of what was revoked, as `bulla serve` has them'
    for (const { code, out, err } of [local, served]) expect([code, out, err.includes(granted)]).toEqual([0, '', true])
    for (const { code, out, err } of [own, worker])
      expect([code, out, err.includes(granted)]).toEqual([
        1,
        expect.stringContaining('"GUARD" expected a guard'),
        false,
      ])
  })

  it.each<[string, Readonly<Record<string, string>>, readonly string[], string]>([
    ['no file', {}, [], 'there is no wrangler.json, wrangler.jsonc, wrangler.toml here; see --settings'],
    ['a file that is not there', {}, ['--settings', 'x.toml'], 'cannot read x.toml: ENOENT, it is not there'],
    ['a file that is no TOML', { 'wrangler.toml': 'a = [' }, [], 'wrangler.toml cannot be read as TOML: line 1'],
    ['a file of a list', { 'a.json': '[]' }, ['--settings', 'a.json'], 'a.json holds no settings'],
    ['vars that are none', { 'wrangler.toml': 'vars = 1' }, [], 'vars is no table'],
  ])('says what it cannot read: %s', async (_what, files, args, message) => {
    const { code, out, err } = await check(files, ...args)
    expect([code, out, err]).toEqual([1, '', `bulla: ${message}\n`])
  })

  it('takes no word beside its options', async () => {
    const { code, err } = await check({ 'wrangler.toml': GOOD }, 'wrangler.toml')
    expect([code, err]).toEqual([
      2,
      'bulla: there is a word too many\ndid you mean: bulla check --settings wrangler.toml\ntry: bulla check --help\n',
    ])
  })
})
