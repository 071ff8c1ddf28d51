import { describe, expect, it } from 'vitest'
import { type Bindings, createIssuer, readBindings } from '../../src/index.ts'
import { ISSUER } from '../fixtures.ts'

const ACME = { type: 'openid', issuer: 'https://accounts.acme.example', client_id: 'bulla' }
const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', alg: 'ES256' }
const PAGE = {
  type: 'page',
  url: 'https://www.example.com/login',
  issuer: 'https://www.example.com',
  jwks: { keys: [KEY] },
}
const SHOWN = { ...ACME, token_endpoint_auth_method: 'client_secret_post' }

const read = (env: object) => readBindings({ ISSUER, ...env } as Bindings)

/** Returns what is wrong with an env, a fault a line. */
function faultsOf(env: object): readonly string[] {
  try {
    read(env)
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

describe('LOGIN with a table for each way to log in', () => {
  it('is read table by table, each with its own secret, and whoever is chosen from stands there by name', () => {
    const { authenticate } = read({
      LOGIN: { acme: SHOWN, other: { ...ACME, label: 'The other one' }, www: PAGE },
      LOGIN_CLIENT_SECRET_ACME: 'a',
    })
    expect([...(authenticate?.providers ?? [])].map(([name, { label }]) => [name, label])).toEqual([
      ['acme', expect.stringMatching(/acme/i)],
      ['other', 'The other one'],
      ['www', expect.stringMatching(/www/i)],
    ])
    expect(authenticate?.providers?.get('www')).toMatchObject({ hasPlainNames: true, givesTokens: false })
  })

  it('with its type in it is one way to log in, as ever, with nothing to choose from', () => {
    for (const [LOGIN, secret] of [
      [SHOWN, 'a'],
      [ACME, undefined],
      [PAGE, undefined],
    ])
      expect(read({ LOGIN, LOGIN_CLIENT_SECRET: secret }).authenticate?.providers).toBeUndefined()
  })

  it('makes an issuer whose one page of your own needs no name before its people', () => {
    expect(() => createIssuer(read({ GUARD: 'none', LOGIN: { www: PAGE } }))).not.toThrow()
  })

  it.each<[string, object, readonly string[]]>([
    [
      'both forms',
      { LOGIN: { ...ACME, github: ACME } },
      ['"LOGIN" expected either "type" in it, or tables such as [vars.LOGIN.github], and never both'],
    ],
    [
      'what belongs into a table, beside tables',
      { LOGIN: { acme: ACME, scope: 'openid email' } },
      ['"LOGIN.scope" expected a table, as of each way to log in; did you mean it in [vars.LOGIN.acme]?'],
    ],
    [
      'a provider that is known by name, without a table',
      { LOGIN: { provider: 'github', client_id: 'x' } },
      ['"LOGIN.provider" expected a table of its own around it, such as [vars.LOGIN.github]'],
    ],
    [
      'a provider without ID tokens, without a table',
      { LOGIN: { type: 'oauth', client_id: 'x' } },
      ['"LOGIN.type" expected a table of its own around it, such as [vars.LOGIN.github]'],
    ],
    [
      'the name of a known provider as the type, without a table',
      { LOGIN: { type: 'github', client_id: 'x' } },
      ['"LOGIN.type" expected a table of its own around it, such as [vars.LOGIN.github]'],
    ],
    ['nothing at all', { LOGIN: {} }, ['"LOGIN.type" expected "openid" or "page", got nothing']],
    [
      'a page of your own without its type',
      { LOGIN: { url: PAGE.url, issuer: PAGE.issuer, jwks: PAGE.jwks } },
      ['"LOGIN.type" expected "openid" or "page", got nothing'],
    ],
    [
      'a member of another type in the only one',
      { LOGIN: { ...ACME, subject: 'digest' } },
      [expect.stringMatching(/^"LOGIN" has no setting "subject"; it knows: type, issuer, client_id/)],
    ],
    [
      'a name that stands in no address',
      { LOGIN: { 'git-hub': ACME } },
      [expect.stringContaining('"LOGIN" expected names of letters, digits and "_", in lower case')],
    ],
    ['a table called type', { LOGIN: { type: ACME } }, [expect.stringContaining('and none called "type"')]],
    [
      'a secret that is none',
      { LOGIN: { acme: ACME }, LOGIN_CLIENT_SECRET_ACME: 1 },
      ['"LOGIN_CLIENT_SECRET_ACME" expected a text'],
    ],
    [
      'a secret that is empty',
      { LOGIN: { acme: ACME }, LOGIN_CLIENT_SECRET_ACME: '' },
      ['"LOGIN_CLIENT_SECRET_ACME" expected the secret'],
    ],
    [
      'a secret that is missing',
      { LOGIN: { acme: SHOWN } },
      ['"LOGIN.acme.token_endpoint_auth_method" expected a LOGIN_CLIENT_SECRET_ACME beside it'],
    ],
    [
      'a secret of a page of your own',
      { LOGIN: { www: PAGE }, LOGIN_CLIENT_SECRET_WWW: 'canary' },
      ['"LOGIN_CLIENT_SECRET_WWW" is not for a page of your own'],
    ],
    [
      'the secret of the other form',
      { LOGIN: { acme: ACME }, LOGIN_CLIENT_SECRET: 'canary' },
      ['"LOGIN_CLIENT_SECRET" is the secret of no provider; did you mean "LOGIN_CLIENT_SECRET_ACME"?'],
    ],
    [
      'a misspelt secret beside the right one',
      { LOGIN: { acme: SHOWN }, LOGIN_CLIENT_SECRET_ACME: 'a', LOGIN_CLIENT_SECRET_ACEM: 'canary' },
      ['"LOGIN_CLIENT_SECRET_ACEM" is the secret of no provider; did you mean "LOGIN_CLIENT_SECRET_ACME"?'],
    ],
    [
      'a secret in lower case',
      { LOGIN: { acme: ACME }, login_client_secret_acme: 'canary' },
      [
        '"login_client_secret_acme" is no setting; did you mean "LOGIN_CLIENT_SECRET_ACME"? Call what is your own something else',
      ],
    ],
    [
      'the secret of nobody, where one logs people in',
      { LOGIN: ACME, LOGIN_CLIENT_SECRET_GITHUB: 'canary' },
      ['"LOGIN_CLIENT_SECRET_GITHUB" is the secret of no provider; there is no table [vars.LOGIN.github]'],
    ],
    [
      'the secret of nobody, where nobody logs people in',
      { LOGIN_CLIENT_SECRET_GITHUB: 'canary' },
      ['"LOGIN_CLIENT_SECRET_GITHUB" is the secret of no provider; there is no table [vars.LOGIN.github]'],
    ],
  ])('is refused with %s', (_, env, faults) => {
    const said = faultsOf(env)
    expect(said).toEqual(faults)
    expect(said.join()).not.toContain('canary')
  })

  it('says all that is wrong at once, a line each, of which table it is', () => {
    const said = faultsOf({
      LOGIN: {
        acme: { type: 'openid', issuer: 'http://x', scope: 'email', client_id: 'x', label: '' },
        other: { type: 'opneid' },
        www: { ...PAGE, url: 1 },
      },
      LOGIN_CLIENT_SECRET: 'x',
      LOGIN_CLIENT_SECRET_OHTER: 'x',
      CLIENT: {},
    })
    expect(said.map((line) => line.split('" ')[0])).toEqual([
      '"LOGIN_CLIENT_SECRET_OHTER',
      '"CLIENT',
      '"LOGIN.acme.label',
      '"LOGIN.acme.issuer',
      '"LOGIN.acme.scope',
      '"LOGIN.other.type',
      '"LOGIN.www.url',
      '"LOGIN_CLIENT_SECRET',
    ])
  })
})
