import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../../keys/base64url.ts'
import { exportKeys, readRing, writeKeys } from '../../../keys/index.ts'
import { type Bindings, type ClientCertificate, createIssuer, readBindings } from '../../../src/index.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { API, basic, ISSUER, SECRETS, tokenRequest, VARS } from '../../fixtures.ts'
import { createProver, withProofs } from '../../parties/dpop.ts'
import { type App, type Ask, createApp, createPerson, REQUESTS, readAnswer } from '../../parties/person.ts'

/** A certificate is its DER bytes here: nobody looks inside, for the platform did. */
const der = (name: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(`certificate of ${name}`)
const digest = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', der(name)))
const hexOf = async (name: string): Promise<string> =>
  [...(await digest(name))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const thumbprintOf = async (name: string): Promise<string> => encodeBase64url(await digest(name))
const x5cOf = (name: string): readonly string[] => [btoa(String.fromCharCode(...der(name)))]

const grant = { grant_types: ['client_credentials'], resources: [API], scopes: ['read'] }
const CLIENTS = {
  ...VARS.CLIENTS,
  mtls: {
    ...grant,
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: 'CN=mtls,O=Example',
    tls_client_certificate_bound_access_tokens: true,
  },
  'self-signed': {
    ...grant,
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    jwks: {
      keys: [
        { kid: '1', x5c: x5cOf('old') },
        { kid: '2', 'x5t#S256': await thumbprintOf('new') },
      ],
    },
  },
  service: { ...VARS.CLIENTS.service, tls_client_certificate_bound_access_tokens: true },
  pub: { ...VARS.CLIENTS.pub, tls_client_certificate_bound_access_tokens: true },
  api: { ...grant, kind: 'resource_server', grant_types: [], secret_hash: VARS.CLIENTS.one.secret_hash },
  'mtls-api': {
    ...grant,
    kind: 'resource_server',
    grant_types: [],
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: 'CN=mtls-api',
  },
}
const settings = { ...readBindings({ ...env, CLIENTS } as Bindings), log: () => {} }
const issuer = createIssuer(settings)
const ask: Ask = (request) => issuer.fetch(request)

/** What Cloudflare tells of a connection whose client proved a certificate. */
const told = async (name: string, changes: Readonly<Record<string, unknown>> = {}) => ({
  certPresented: '1',
  certVerified: 'SUCCESS',
  certRevoked: '0',
  certFingerprintSHA256: await hexOf(name),
  certSubjectDNRFC2253: `CN=${name},O=Example`,
  ...changes,
})
/** Asks over a connection with this certificate. */
const over =
  (tlsClientAuth: unknown, asking = ask): Ask =>
  (request) =>
    asking(new Request(request, { cf: { tlsClientAuth } } as RequestInit))
const formRequest = (
  form: Record<string, string>,
  headers: Record<string, string | undefined> = {},
  path = '/token',
): Request =>
  new Request(ISSUER + path, {
    method: 'POST',
    headers: Object.entries({ 'content-type': 'application/x-www-form-urlencoded', ...headers }) as [string, string][],
    body: new URLSearchParams(form).toString(),
  })
const asClient = (client_id: string): Request => formRequest({ grant_type: 'client_credentials', client_id })
const answerOf = async (response: Response | Promise<Response>) =>
  (await readAnswer(await response)) as Awaited<ReturnType<typeof readAnswer>> & Record<string, unknown>

/** What a resource server with the exported keys finds in a token. */
const verify = async (token: string, certificate?: string) => {
  const reading = readRing(env['KEY_RING'] as string)
  if (!reading.ok) throw new Error(reading.detail)
  const now = Math.floor(Date.now() / 1000)
  const keys = writeKeys(exportKeys(reading.ring, { issuer: ISSUER, resource: API, now }))
  const verifier = createVerifier({ issuer: ISSUER, resource: API, keys })
  return verifier.verify({ method: 'GET', url: API, headers: { authorization: `Bearer ${token}` }, certificate })
}

describe('mutual TLS with a trusted certificate (RFC 8705 §2.1)', () => {
  it('proves the client that is registered with the subject', async () => {
    expect(await answerOf(over(await told('mtls'))(asClient('mtls')))).toMatchObject({ token_type: 'Bearer' })
  })

  it.each<[string, Readonly<Record<string, unknown>> | undefined]>([
    ['no certificate', undefined],
    ['one that was not presented', { certPresented: '0' }],
    ['one that is not trusted', { certVerified: 'FAILED:self signed certificate' }],
    ['one that is not verified', { certVerified: 'NONE' }],
    ['one that was revoked', { certRevoked: '1' }],
    ['one of another subject', { certSubjectDNRFC2253: 'CN=other,O=Example' }],
    ['one of a longer subject', { certSubjectDNRFC2253: 'CN=mtls,O=Example,C=US' }],
    ['one of no subject', { certSubjectDNRFC2253: '' }],
    ['one without a fingerprint', { certFingerprintSHA256: '' }],
    ['one with half a fingerprint', { certFingerprintSHA256: 'abcd' }],
  ])('refuses %s, always with the same answer', async (_, changes) => {
    const connection = changes === undefined ? undefined : await told('mtls', changes)
    const response = await over(connection)(asClient('mtls'))
    expect([response.status, await response.json()]).toEqual([
      401,
      { error: 'invalid_client', error_description: 'Client authentication failed.' },
    ])
  })

  it('needs client_id: the certificate alone names nobody (§2)', async () => {
    const response = await over(await told('mtls'))(formRequest({ grant_type: 'client_credentials' }))
    expect(await answerOf(response)).toMatchObject({ error: 'invalid_client' })
  })

  it('is no way in for a client that is registered for another', async () => {
    const connection = await told('mtls', { certSubjectDNRFC2253: 'CN=one' })
    expect(await answerOf(over(connection)(asClient('one')))).toMatchObject({ error: 'invalid_client' })
  })

  it('takes no secret in its place', async () => {
    const connection = over(await told('mtls'))
    const form = { grant_type: 'client_credentials' }
    for (const request of [
      formRequest(form, { authorization: basic('mtls', 'x') }),
      formRequest({ ...form, client_id: 'mtls', client_secret: 'x' }),
    ])
      expect(await answerOf(connection(request))).toMatchObject({ error: 'invalid_client' })
  })

  it.each(['san_dns', 'san_uri', 'san_ip', 'san_email'] as const)(
    'compares the one name that is registered, if the platform tells it: %s (§2.1.2)',
    async (name) => {
      const mine = {
        ...grant,
        token_endpoint_auth_method: 'tls_client_auth',
        [`tls_client_auth_${name}`]: 'app',
      } as const
      let certificate: ClientCertificate | undefined
      const own = createIssuer({ ...settings, trustedIssuers: {}, clients: { mine }, certificate: () => certificate })
      const trusted = { thumbprint: await thumbprintOf('mine'), isTrusted: true }
      for (const [names, status] of [
        [{ [name]: ['other', 'app'] }, 200],
        [{ [name]: ['application'] }, 401],
        [{ subject_dn: ['app'] }, 401],
        [{}, 401],
      ] as const) {
        certificate = { ...trusted, names }
        expect((await own.fetch(asClient('mine'))).status).toBe(status)
      }
    },
  )
})

describe('mutual TLS with a self-signed certificate (RFC 8705 §2.2)', () => {
  const selfSigned = { certVerified: 'FAILED:self signed certificate' }
  it.each(['old', 'new'])('proves the client that has it among its keys: %s', async (name) => {
    expect(await answerOf(over(await told(name, selfSigned))(asClient('self-signed')))).toMatchObject({ scope: 'read' })
  })

  it('refuses any other, trusted or not', async () => {
    for (const changes of [selfSigned, {}])
      expect(await answerOf(over(await told('other', changes))(asClient('self-signed')))).toMatchObject({
        error: 'invalid_client',
      })
    expect(await answerOf(ask(asClient('self-signed')))).toMatchObject({ error: 'invalid_client' })
  })
})

describe('headers that claim to be a certificate (H65)', () => {
  it.each([
    'cf-client-cert-der-base64',
    'cf-client-cert-sha256',
    'cf-tls-client-auth',
    'cf-cert-verified',
    'client-cert',
    'ssl-client-cert',
    'ssl-client-verify',
    'x-amzn-mtls-clientcert',
    'x-arr-clientcert',
    'x-client-cert',
    'x-client-cert-hash',
    'x-forwarded-client-cert',
    'x-forwarded-tls-client-cert',
    'x-ssl-cert',
    'x-ssl-client-verify',
  ])('are never believed: %s', async (header) => {
    const values = [
      'SUCCESS',
      await hexOf('mtls'),
      await thumbprintOf('new'),
      'CN=mtls,O=Example',
      JSON.stringify(await told('mtls')),
      x5cOf('new')[0],
    ]
    for (const client of ['mtls', 'self-signed'])
      for (const value of values) {
        const request = asClient(client)
        request.headers.set(header, value ?? '')
        expect((await ask(request)).status).toBe(401)
      }
  })
})

describe('tokens bound to a certificate (RFC 8705 §3)', () => {
  it.each<[string, () => Request]>([
    ['a client that proves itself by it', () => asClient('mtls')],
    ['a client with a secret that asked for it', () => tokenRequest()],
  ])('are what gets %s; the type stays Bearer (§3.1)', async (_, request) => {
    const { access_token, token_type } = await answerOf(over(await told('mtls'))(request()))
    const thumbprint = await thumbprintOf('mtls')
    expect([token_type, await verify(access_token, thumbprint)]).toEqual([
      'Bearer',
      expect.objectContaining({
        ok: true,
        entitlement: expect.objectContaining({ cnf: { 'x5t#S256': thumbprint } }),
      }),
    ])
  })

  it('MUST be refused with another certificate, or none: 401 invalid_token (§3)', async () => {
    const { access_token } = await answerOf(over(await told('mtls'))(asClient('mtls')))
    for (const certificate of [undefined, await thumbprintOf('other')]) {
      const refused = await verify(access_token, certificate)
      expect(refused).toMatchObject({ ok: false, code: 'invalid_token', reason: 'confirmation' })
    }
  })

  it('are not given without a certificate to a client that may have no others', async () => {
    expect(await answerOf(ask(tokenRequest()))).toMatchObject({ error: 'invalid_request' })
  })

  it('are given to no client that did not ask: a certificate may be there for other reasons (§3.4)', async () => {
    const { access_token } = await answerOf(over(await told('one'))(tokenRequest({ client: 'one' })))
    expect(await verify(access_token)).toMatchObject({ ok: true, entitlement: { client_id: 'one' } })
    const selfSigned = await answerOf(over(await told('new'))(asClient('self-signed')))
    expect(await verify(selfSigned.access_token)).toMatchObject({ ok: true })
  })

  it('can be bound to a DPoP key as well', async () => {
    const prover = await createProver()
    const bound = await answerOf(withProofs(over(await told('mtls')), prover)(asClient('mtls')))
    expect(bound).toMatchObject({ token_type: 'DPoP' })
    expect(await verify(bound.access_token, await thumbprintOf('mtls'))).toMatchObject({ reason: 'confirmation' })
  })

  it('are told as such to who introspects (§3.2), who may prove itself by a certificate too (§2)', async () => {
    const { access_token: token } = await answerOf(over(await told('mtls'))(asClient('mtls')))
    const cnf = { 'x5t#S256': await thumbprintOf('mtls') }
    const bySecret = formRequest({ token }, { authorization: basic('api', SECRETS.one) }, '/introspect')
    expect(await answerOf(ask(bySecret))).toMatchObject({ active: true, token_type: 'Bearer', cnf })
    const byCertificate = (): Request => formRequest({ token, client_id: 'mtls-api' }, {}, '/introspect')
    const own = over(await told('x', { certSubjectDNRFC2253: 'CN=mtls-api' }))
    expect(await answerOf(own(byCertificate()))).toMatchObject({ active: true, cnf })
    expect((await ask(byCertificate())).status).toBe(401)
    const keys = new Request(`${ISSUER}/keys?client_id=mtls-api`)
    expect([(await own(keys)).status, (await ask(new Request(keys.url))).status]).toEqual([200, 401])
  })
})

describe('metadata (RFC 8705 §3.3)', () => {
  const metadata = async (of: typeof issuer) =>
    (await (await of.request(`${ISSUER}/.well-known/oauth-authorization-server`)).json()) as Record<string, unknown>

  it('tell of certificates where some client may use one, and else not', async () => {
    expect(await metadata(issuer)).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
      token_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
        'tls_client_auth',
        'self_signed_tls_client_auth',
        'none',
      ],
    })
    const without = await metadata(createIssuer({ ...settings, clients: VARS.CLIENTS }))
    expect(without).not.toHaveProperty('tls_client_certificate_bound_access_tokens')
    expect(JSON.stringify(without)).not.toContain('tls_client_auth')
  })
})

describe('public clients with a certificate (RFC 8705 §4)', () => {
  it("have refresh tokens that are bound to it, and stay the same; another's certificate is refused", async () => {
    const url = await createPerson(ask).answer('allow', REQUESTS['pub'])
    const appOf = async (name: string): Promise<App> => createApp(over(await told(name, { certVerified: 'NONE' })))
    const app = await appOf('device')
    const { refresh_token = '' } = await answerOf(app.redeem(url.searchParams.get('code') ?? ''))
    for (let times = 0; times < 2; times++) {
      const answer = await answerOf(app.refresh(refresh_token))
      expect(answer).toMatchObject({ refresh_token })
      expect(await verify(answer.access_token, await thumbprintOf('device'))).toMatchObject({ ok: true })
    }
    expect(await answerOf((await appOf('thief')).refresh(refresh_token))).toMatchObject({ error: 'invalid_grant' })
    expect(await answerOf(createApp(ask).refresh(refresh_token))).toMatchObject({ error: 'invalid_request' })
  })
})

describe('the settings of a client with a certificate', () => {
  const mtls = { ...grant, token_endpoint_auth_method: 'tls_client_auth' }
  const self = { ...grant, token_endpoint_auth_method: 'self_signed_tls_client_auth' }
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['no name', mtls, 'expected just one of tls_client_auth_subject_dn, tls_client_auth_san_dns'],
    ['two names', { ...mtls, tls_client_auth_san_dns: 'a', tls_client_auth_subject_dn: 'b' }, 'expected just one of'],
    ['an empty name', { ...mtls, tls_client_auth_subject_dn: '' }, 'tls_client_auth_subject_dn" expected 1 to 512'],
    ['a name that is a number', { ...mtls, tls_client_auth_san_ip: 1 }, 'tls_client_auth_san_ip" expected 1 to 512'],
    ['a name without the method', { ...grant, tls_client_auth_san_dns: 'a' }, 'expected the method tls_client_auth'],
    [
      'a secret beside it',
      { ...mtls, secret_hash: VARS.CLIENTS.one.secret_hash },
      'token_endpoint_auth_method" expected',
    ],
    ['no keys', self, '.jwks" expected keys with "x5c" or "x5t#S256"'],
    ['keys without a certificate', { ...self, jwks: { keys: [{ kid: '1' }] } }, '.jwks" expected keys with'],
    ['an x5c that is a text', { ...self, jwks: { keys: [{ kid: '1', x5c: 'AAAA' }] } }, '.x5c" expected certificates'],
    [
      'an x5c that is no base64',
      { ...self, jwks: { keys: [{ kid: '1', x5c: ['-'] }] } },
      '.x5c" expected certificates',
    ],
    ['a short thumbprint', { ...self, jwks: { keys: [{ kid: '1', 'x5t#S256': 'A' }] } }, 'x5t#S256" expected a thumb'],
    [
      'two thumbprints that differ',
      { ...self, jwks: { keys: [{ kid: '1', x5c: x5cOf('a'), 'x5t#S256': 'A'.repeat(43) }] } },
      'expected x5t#S256 to be that of x5c',
    ],
    ['bound in words', { ...grant, dpop_bound_access_tokens: 'yes' }, 'dpop_bound_access_tokens" expected true'],
    [
      'bound by number',
      { ...grant, tls_client_certificate_bound_access_tokens: 1 },
      'tls_client_certificate_bound_access_tokens" expected true or false, got 1',
    ],
  ])('are refused with %s', (_, client, message) => {
    const clients = { client } as typeof settings.clients
    expect(() => createIssuer({ ...settings, trustedIssuers: {}, clients })).toThrow(message)
  })

  it('need a way to know certificates', () => {
    const { certificate: _, ...others } = settings
    expect(() => createIssuer(others)).toThrow('"certificate" expected a way to know certificates: the client "')
  })
})
