/**
 * What the FAPI 2.0 Security Profile asks of an authorization server and of resource servers (§5.2, §5.3.2, §5.3.3, §5.4), each
 * with its number, how it is met, and what proves it. SECURITY.md shows it; `test/repository/fapi2.test.ts` holds both together.
 *
 * @module
 */

/** A row of the list. */
export interface Requirement {
  /** N network, G server in general, A authorization, U user, R resource server, K keys and cryptography, M model. */
  readonly number: string
  readonly asks: string
  /** How it is met; or why it does not apply. */
  readonly how: string
  /** Tests of the files that are no lists of FAPI 2.0 themselves: file, then title. */
  readonly tests?: readonly (readonly [string, string])[]
  /** Whether it is outside: the platform's, the operator's or the client's, or about what is not offered. */
  readonly isOutside?: true
}

const PERSONS = 'test/authorization/persons.test.ts'
const DIRECT = 'test/verifier/create_verifier.test.ts'
const BEARER = 'test/rfc/rfc6750.test.ts'
const PAR = 'test/rfc/rfc9126.test.ts'
const BCP = 'test/rfc/rfc9700.test.ts'
const CODE = 'test/rfc/rfc6749_authorization_code.test.ts'

/** The list. */
export const REQUIREMENTS: readonly Requirement[] = [
  {
    number: 'N1',
    asks: 'TLS 1.2 or later (BCP 195), DNSSEC, certificates checked',
    how: 'not ours: the platform ends TLS; set its minimum version, and DNSSEC, for your zone',
    isOutside: true,
  },
  {
    number: 'N2',
    asks: 'no TLS stripping at endpoints for browsers',
    how: 'HSTS on every answer, with preload where you say so; an https issuer, which refuses plain http',
    tests: [
      ['test/endpoints/issuer.test.ts', 'to %s %.60s has the headers of security.md b.0'],
      [
        'test/endpoints/issuer.test.ts',
        'of an https issuer is https: by plain http nothing is answered, at no endpoint',
      ],
      ['test/settings/settings.test.ts', 'an http issuer'],
    ],
  },
  {
    number: 'N3',
    asks: 'no CORS at the authorization endpoint',
    how: 'none there, nor on any page',
    tests: [[BCP, 'MUST NOT have CORS at the authorization endpoint (RFC 9700 §2.6)']],
  },
  {
    number: 'G1',
    asks: 'metadata',
    how: 'from the tables that enforce; of an issuer in the profile, only what is left',
    tests: [['test/rfc/rfc8414.test.ts', 'names exactly the issuer that was asked (RFC 8414 §3.3)']],
  },
  { number: 'G2', asks: 'no password grant', how: 'there is none' },
  { number: 'G3', asks: 'confidential clients only', how: 'settings with a public one are refused' },
  {
    number: 'G4',
    asks: 'only sender-constrained access tokens',
    how: 'turned on; without a key the request is refused',
  },
  {
    number: 'G5',
    asks: 'bound by mutual TLS or DPoP',
    how: 'to the certificate of a client that has one, else by DPoP',
  },
  {
    number: 'G6',
    asks: 'client authentication by mutual TLS or `private_key_jwt`',
    how: 'settings with a secret are refused',
    tests: [
      ['test/rfc/tokens/rfc7523.test.ts', 'refuses one that another key signed (§3 9)'],
      ['test/rfc/tokens/rfc7523.test.ts', 'until the clocks of nobody take it any more (H52)'],
      ['test/rfc/tokens/rfc8705.test.ts', 'proves the client that is registered with the subject'],
    ],
  },
  {
    number: 'G7',
    asks: 'no open redirector',
    how: 'nothing is redirected before client and redirect URI are proved; then an error goes there at once, as RFC 6749 §4.1.2.1 has it, and anything else when somebody was asked who they are',
    tests: [
      [CODE, 'to %s is a page: the resource owner is told, and MUST NOT be redirected'],
      [CODE, 'to %s goes to the client, with state and iss'],
      [
        BCP,
        'sends nobody on to a client, whose request is right, before they were asked who they are (RFC 9700 §4.11.2)',
      ],
    ],
  },
  { number: 'G8', asks: '`aud` of assertions is the issuer, as a text', how: 'exactly that, at every endpoint' },
  { number: 'G9', asks: 'refresh tokens do not rotate', how: 'they stay the same until their approval ends' },
  { number: 'G10', asks: 'a nonce for DPoP is allowed', how: 'needed by default: the time, sealed, 5 minutes' },
  {
    number: 'G11',
    asks: 'codes live 60 seconds at most',
    how: '60 seconds',
    tests: [[PERSONS, 'of a code is 60 seconds (G11)']],
  },
  { number: 'G12', asks: 'codes bound to a DPoP key', how: '`dpop_jkt`, or a proof at `/par`' },
  {
    number: 'G13',
    asks: 'clocks: 10 seconds ahead are taken, over 60 are not',
    how: '30 for assertions, 60 for proofs',
  },
  {
    number: 'G14',
    asks: 'least privilege',
    how: "scope within the client's and the resource's, one resource for each token, people see what is asked",
    tests: [[BCP, 'restricts each access token to one resource (RFC 9700 §2.3)']],
  },
  { number: 'A1', asks: '`response_type` is `code`', how: 'there is no other' },
  {
    number: 'A2',
    asks: 'pushed requests, with client authentication',
    how: '`/par`',
    tests: [
      ['test/interop/fapi2.test.ts', 'openid-client gets, uses and renews tokens'],
      ['test/interop/fapi2.test.ts', 'oauth4webapi gets and renews tokens'],
    ],
  },
  {
    number: 'A3',
    asks: 'no request that was not pushed',
    how: 'turned on; metadata say so of an issuer in the profile',
  },
  { number: 'A4', asks: 'no pushed request without client authentication', how: 'as at the token endpoint' },
  {
    number: 'A5',
    asks: 'PKCE with S256',
    how: 'required of every client',
    tests: [['test/rfc/rfc7636.test.ts', 'is required of every client: %s is invalid_request (RFC 7636 §4.4.1)']],
  },
  { number: 'A6', asks: '`redirect_uri` in the pushed request', how: 'required, and registered' },
  {
    number: 'A7',
    asks: '`iss` in the answer',
    how: 'in every answer, errors too',
    tests: [['test/rfc/rfc9207.test.ts', 'is there in an error before anybody was asked (RFC 9207 §2)']],
  },
  {
    number: 'A8',
    asks: 'no redirect URI over http, but on the loopback host of an app',
    how: 'https alone: a client that can keep a key is no app on a device',
  },
  {
    number: 'A9',
    asks: 'a code is used once',
    how: 'a guard is needed; a second use ends what came of the first',
    tests: [[CODE, 'works once of a hundred at the same time (C11)']],
  },
  {
    number: 'A10',
    asks: 'no redirect by 307',
    how: 'never',
    tests: [[BCP, 'never answers with 307 or 308, which would send the credentials along (RFC 9700 §4.12)']],
  },
  {
    number: 'A11',
    asks: 'redirects by 303',
    how: 'all of them; after a consent, a page that navigates',
    tests: [[CODE, 'by redirect is a 303, never a 307 (H21)']],
  },
  {
    number: 'A12',
    asks: 'a request URI lives less than 600 seconds',
    how: '90 seconds, bound to its client, one code; then it is opened only by the browser that opened it before',
    tests: [[PAR, 'leads to one code of many that are asked for at the same time (H43)']],
  },
  {
    number: 'A13',
    asks: 'people know what they approve',
    how: 'asked with client, scope in words, resource and details; `consent = "skip"` is the operator\'s own decision',
    tests: [[PERSONS, 'is asked with client, hosts, scope in words, resource, account and lifetime (b.3)']],
  },
  { number: 'A14', asks: 'a `nonce` of 64 characters and more', how: 'up to 512; `state` up to 4,096' },
  {
    number: 'A15',
    asks: 'parameters, verbs, order as the conformance suite has them',
    how: 'each parameter once; POST alone; only what was pushed counts; the scheme in any case',
    tests: [[PAR, 'takes nothing from outside the pushed request (RFC 9101 §6.3, H44, A15)']],
  },
  {
    number: 'U1',
    asks: 'who tells clients who the user is uses OpenID Connect',
    how: 'ID tokens and userinfo, where the setting `openid` is there; no other way tells them',
    tests: [
      [
        'test/openid/id_token.test.ts',
        'is signed by %s, and tells who logged in, when, and what the scope asked for (OpenID Connect Core §2)',
      ],
    ],
  },
  { number: 'R1', asks: 'resource servers take the token from the header', how: 'nowhere else' },
  {
    number: 'R2',
    asks: '… and not from the query',
    how: 'what is there is not read',
    tests: [['test/rfc/fapi2/sender_constraining.test.ts', 'takes the token from the header alone']],
  },
  {
    number: 'R3',
    asks: 'validity, integrity, expiry and revocation are checked',
    how: 'offline, with a signed list of what was revoked: `revocations` is needed at the issuer, and the option of the verifier; or introspection',
    tests: [
      [
        'test/interop/revocation.test.ts',
        'refuse what its client, or an operator, revoked within the seconds of the metadata',
      ],
      [
        'test/verifier/revoked_tokens.test.ts',
        'is refused within the advertised seconds, whenever it is revoked and however often requests come',
      ],
      ['test/verifier/forgery.test.ts', 'refuses $name, with the same answer as all and nothing fetched'],
    ],
  },
  {
    number: 'R4',
    asks: 'enough scope, or the errors of RFC 6750',
    how: '`scope` of the verifier and its frameworks',
    tests: [
      [BEARER, 'answers a token that lacks scope with 403 insufficient_scope, and names the scope (RFC 6750 §3.1)'],
      [DIRECT, 'with the demand of scope %j lets in: %s'],
    ],
  },
  {
    number: 'R5',
    asks: 'the key that a token is bound to is proved',
    how: 'proof or certificate; a bound token is never a bearer token',
    tests: [
      ['test/rfc/tokens/rfc8705.test.ts', 'MUST be refused with another certificate, or none: 401 invalid_token (§3)'],
    ],
  },
  {
    number: 'K1',
    asks: 'RFC 8725; PS256, ES256 or Ed25519, never `none`',
    how: 'RS256 is refused of clients, resources and trusted issuers; the clause is about signatures: our tokens are encrypted, too (JWE). How people log in upstream is outside of it',
    tests: [['test/rfc/tokens/rfc7523.test.ts', '%s is taken from who registered it, and no other']],
  },
  {
    number: 'K2',
    asks: 'RSA from 2048 bits, curves from 224',
    how: 'P-256, Ed25519, X25519; shorter RSA keys are refused',
    tests: [
      ['test/token/dpop.test.ts', 'is refused with an RSA key that is too short, or too long to be worth the work'],
    ],
  },
  {
    number: 'K3',
    asks: 'credentials of 128 bits of entropy',
    how: 'codes, refresh tokens and request URIs are sealed by AEAD under 256-bit keys, with names of 128 random bits',
    tests: [
      [PAR, 'gives names that cannot be guessed, nor read (RFC 9126 §2.2, §7.1)'],
      ['test/properties/envelope.test.ts', 'is refused with any one character changed, at every place to every other'],
    ],
  },
  {
    number: 'K4',
    asks: '`jwks_uri` over TLS; no `x5u`, `jku`; no kid twice',
    how: 'https on public hosts; a header that brings a key is refused; ours are unique',
    tests: [
      ['test/jose/jwks.test.ts', 'holds public members alone, each kid once, with alg and use (C27, security.md b.1)'],
      ['test/registration/trust.test.ts', 'is refused with its keys at %j (H11, J05)'],
      ['test/rfc/tokens/rfc7523.test.ts', 'that says where its key is (C16)'],
    ],
  },
  {
    number: 'K5',
    asks: 'keys rotate, each for one purpose; credentials of a grant are tied',
    how: 'a ring by the clock, one branch per purpose and resource, a grant id in all that comes of an approval; a leaked root forges until it is revoked',
    tests: [
      ['test/properties/rotation.test.ts', 'every live token opens everywhere until it expires'],
      [DIRECT, 'opens old and new tokens through a rotation, and nothing of a revoked root (C26)'],
      [BCP, 'detects a code that is used twice, and ends what came of it (RFC 9700 §4.5)'],
    ],
  },
  {
    number: 'M1',
    asks: 'attackers A1 to A7: on the web, in the network, who read requests and answers',
    how: 'pushed requests, PKCE, `iss`, one use of everything, and keys that never travel',
    tests: [
      [
        'test/interop/bound_tokens.test.ts',
        'is worth nothing: not again, not elsewhere, not by another method, not as a bearer token (H31, H32)',
      ],
      [PERSONS, 'that another browser began is a page, and no session (C17, H24, H64)'],
      [PAR, 'leads to one code: another time it is a page, in whichever browser (RFC 9126 §7.3, H43, M25)'],
    ],
  },
]

/** The files whose tests bear these numbers in their titles. */
export const FILES: readonly string[] = ['test/rfc/fapi2/fapi2.test.ts', 'test/rfc/fapi2/sender_constraining.test.ts']

/** Returns the numbers that the tests of a file bear: alone before a title, or in brackets behind one. */
export function numbersIn(text: string): ReadonlySet<string> {
  const found = text.matchAll(/\[\s*'([NGAURKM]\d{1,2})',|[(]([NGAURKM]\d{1,2})[)]['"`,]/g)
  return new Set([...found].map(([, before, behind]) => before ?? behind ?? ''))
}

/**
 * Returns the list as SECURITY.md shows it.
 *
 * @param textOf returns the text of a file
 */
export function writeRequirements(textOf: (file: string) => string): string {
  const lists = FILES.map((file) => ({ file, numbers: numbersIn(textOf(file)) }))
  const rows = REQUIREMENTS.map(({ number, asks, how, tests = [] }) => {
    const own = lists.filter(({ numbers }) => numbers.has(number)).map(({ file }) => `\`${file}\``)
    const others = [...new Set(tests.map(([file]) => file))].map((file) => {
      const titles = tests.filter(([one]) => one === file).map(([, title]) => `“${title}”`)
      return `\`${file}\`: ${titles.join(', ')}`
    })
    return `| ${number} | ${asks} | ${how} | ${[...own, ...others].join('; ') || '–'} |`
  })
  return ['| no. | asks | how | test |', '| --- | --- | --- | --- |', ...rows, ''].join('\n')
}
