/** The types of `bulla` and `bulla/worker`, as an operator's code sees them: `npm run types` checks them. */
import type { Hono } from 'hono'
import { expectTypeOf, it } from 'vitest'
import type {
  Authenticate,
  Bindings,
  BrandingSettings,
  Client,
  createIssuer,
  Decision,
  Entitlement,
  EventType,
  entitleSubject,
  Grant,
  GrantContext,
  Guard,
  Issuer,
  IssuerEvent,
  IssuerSettings,
  LoginProvider,
  LoginSecrets,
  loginProviders,
  OAuthError,
  OAuthErrorCode,
  OnEvent,
  oauthProvider,
  openidProvider,
  ownLoginPage,
  Parameters,
  Person,
  Revocations,
  readBindings,
  Trace,
  TracedPart,
  Transaction,
  upstreamLogin,
} from '../../src/index.ts'
import type worker from '../../src/worker.ts'
import type { GuardObject, RevocationsObject } from '../../src/worker.ts'

type Hook<Name extends keyof IssuerSettings> = NonNullable<IssuerSettings[Name]>

const settings = { issuer: 'https://issuer.test', keyRing: undefined, resources: {}, clients: {} }

it('makes an issuer, which is an app of Hono', () => {
  expectTypeOf<typeof createIssuer>().toEqualTypeOf<(settings: IssuerSettings) => Issuer>()
  expectTypeOf<Issuer>().toExtend<Hono>()
  expectTypeOf<typeof readBindings>().toEqualTypeOf<(env: Bindings | (Bindings & LoginSecrets)) => IssuerSettings>()
})

it('refuses settings that it does not know', () => {
  expectTypeOf<readonly IssuerSettings[]>([
    { ...settings, guard: 'none', resources: { 'https://api.test': { scopes: ['read'], envelope: 'nested' } } },
    // @ts-expect-error the ring is named, be it there or not
    { issuer: 'https://issuer.test', resources: {}, clients: {} },
    // @ts-expect-error misspelt
    { ...settings, guards: 'none' },
    // @ts-expect-error in memory by `createMemoryGuard` alone
    { ...settings, guard: 'memory' },
    // @ts-expect-error scope tokens are a list
    { ...settings, resources: { 'https://api.test': { scopes: 'read write' } } },
    // @ts-expect-error the only profile is "fapi2"
    { ...settings, profile: 'fapi1' },
    // @ts-expect-error "hash", "plain" or "none"
    { ...settings, eventSubjects: 'hashed' },
  ])
})

it('has a look of its own', () => {
  expectTypeOf<IssuerSettings['branding']>().toEqualTypeOf<BrandingSettings | undefined>()
  expectTypeOf<readonly BrandingSettings[]>([
    { name: 'Acme', logo: '/logo.svg', accent: '#8a3d1a', terms: 'https://acme.test/terms' },
    // @ts-expect-error as the settings are written: `accent_dark`
    { accentDark: '#ffffff' },
    // @ts-expect-error a colour is a text
    { accent: 0x8a3d1a },
  ])
})

it('hands to each hook what it decides about', () => {
  expectTypeOf<Hook<'claims'>>().parameter(0).toEqualTypeOf<Entitlement>()
  expectTypeOf<Hook<'claims'>>().parameter(2).toEqualTypeOf<Readonly<Record<string, unknown>>>()
  expectTypeOf<Hook<'response'>>().parameters.toEqualTypeOf<
    [entitlement: Entitlement, credentials: Readonly<Record<string, unknown>>]
  >()
  expectTypeOf<Hook<'credentials'>>().parameters.toEqualTypeOf<[request: Request, env: unknown]>()
  expectTypeOf<Hook<'allowFailure'>>().returns.resolves.toBeBoolean()
  expectTypeOf<Hook<'allowDevice'>>().parameter(2).returns.resolves.toBeNumber()
  expectTypeOf<Hook<'addressOf'>>().returns.toEqualTypeOf<string | undefined>()
  expectTypeOf<NonNullable<Hook<'limits'>['client']>>().toEqualTypeOf<(key: string) => Promise<boolean>>()
  expectTypeOf<OnEvent>().parameters.toEqualTypeOf<[event: IssuerEvent]>()
  expectTypeOf<IssuerEvent['type']>().toEqualTypeOf<EventType>()
  expectTypeOf<'token.issued'>().toExtend<EventType>()
  expectTypeOf<'token.isued'>().not.toExtend<EventType>()
  expectTypeOf<Trace>().parameter(0).toEqualTypeOf<TracedPart>()
  expectTypeOf<Extract<TracedPart, { part: 'signing' }>['alg']>().toBeString()
})

it('logs people in by a function', () => {
  const authenticate = async (_: Request, { secret }: Transaction): Promise<Person> => ({ sub: secret, name: null })
  expectTypeOf(authenticate).toExtend<Authenticate>()
  expectTypeOf<(request: Request) => Promise<{ name: string }>>().not.toExtend<Authenticate>()
  expectTypeOf<typeof loginProviders>().parameter(0).toEqualTypeOf<Readonly<Record<string, LoginProvider>>>()
  expectTypeOf<typeof openidProvider>().returns.toEqualTypeOf<LoginProvider>()
  expectTypeOf<typeof oauthProvider>().returns.toEqualTypeOf<LoginProvider>()
  expectTypeOf<typeof ownLoginPage>().returns.toEqualTypeOf<Authenticate>()
  expectTypeOf<typeof upstreamLogin>().returns.toEqualTypeOf<Authenticate>()
})

it('takes grant types of your own', () => {
  expectTypeOf<Grant['decide']>().parameters.toEqualTypeOf<
    [parameters: Parameters, client: Client, context: GrantContext]
  >()
  expectTypeOf<Grant['decide']>().returns.toEqualTypeOf<Decision | Promise<Decision>>()
  expectTypeOf<GrantContext>().toExtend<globalThis.Parameters<typeof entitleSubject>[3]>()
  expectTypeOf<OAuthError['code']>().toEqualTypeOf<OAuthErrorCode>()
  expectTypeOf<'no_such_code'>().not.toExtend<OAuthErrorCode>()
})

it('is a Worker', () => {
  expectTypeOf<(typeof worker)['fetch']>().returns.toEqualTypeOf<Response | Promise<Response>>()
  expectTypeOf<(typeof worker)['fetch']>().parameter(1).toEqualTypeOf<Bindings>()
  expectTypeOf<GuardObject['spend']>().returns.toEqualTypeOf<'first' | 'spent' | 'late'>()
  expectTypeOf<RevocationsObject>().toHaveProperty('add')
  expectTypeOf<Extract<IssuerSettings['guard'], object>>().toEqualTypeOf<Guard>()
  expectTypeOf<IssuerSettings['revocations']>().toEqualTypeOf<Revocations | undefined>()
})
