/** The types of `bulla/verifier`, `bulla/verifier/direct` and `bulla/verifier/mcp`, as whoever uses them sees them: `npm run types` checks them. */
import { expectTypeOf, it } from 'vitest'
import type { createDirectVerifier, DirectVerifierOptions } from '../../src/verifier/direct.ts'
import type {
  BearerErrorCode,
  createVerifier,
  Demand,
  describeResource,
  Entitlement,
  OnProblem,
  ProblemReason,
  RemoteKeys,
  ReplayStore,
  remoteKeys,
  Verification,
  Verifier,
  VerifierOptions,
} from '../../src/verifier/index.ts'
import type { AuthInfo, TokenVerifierOptions, toAuthInfo, tokenVerifier } from '../../src/verifier/mcp.ts'

const site = { issuer: 'https://issuer.test', resource: 'https://api.test', keys: '{}' }

it('tells by `ok` who is let in', () => {
  expectTypeOf<ReturnType<Verifier['verify']>>().resolves.toEqualTypeOf<Verification>()
  type Good = Extract<Verification, { ok: true }>
  type Bad = Extract<Verification, { ok: false }>
  expectTypeOf<Good['entitlement']>().toEqualTypeOf<Entitlement>()
  expectTypeOf<Good['response']>().toEqualTypeOf<undefined>()
  expectTypeOf<Bad['response']>().toEqualTypeOf<Response>()
  expectTypeOf<Bad['code']>().toEqualTypeOf<BearerErrorCode>()
  expectTypeOf<Bad['reason']>().toEqualTypeOf<ProblemReason>()
  expectTypeOf<Bad['entitlement']>().toEqualTypeOf<undefined>()
  const narrow = ({ ok, entitlement, response }: Verification) => (ok ? entitlement : response)
  expectTypeOf(narrow).returns.toEqualTypeOf<Entitlement | Response>()
  const careless = (verification: Verification) => verification.entitlement
  expectTypeOf(careless).returns.toEqualTypeOf<Entitlement | undefined>()
})

it('has the members of an entitlement, which nobody writes', () => {
  expectTypeOf<Entitlement>().toMatchTypeOf<{ sub: string; aud: string; exp: number; iat: number; jti: string }>()
  expectTypeOf<Entitlement['client_id']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Entitlement['scope']>().toEqualTypeOf<readonly string[]>()
  expectTypeOf<Entitlement['claims'][string]>().toBeUnknown()
  expectTypeOf<NonNullable<Entitlement['cnf']>['x5t#S256']>().toEqualTypeOf<string | undefined>()
  const write = (entitlement: Entitlement) => {
    // @ts-expect-error what a token says is read alone
    entitlement.sub = 'bob'
    // @ts-expect-error scope tokens are a list
    const all: string = entitlement.scope
    return all
  }
  expectTypeOf(write).toBeFunction()
})

it('refuses options and demands that it does not know', () => {
  expectTypeOf<typeof createVerifier>().toEqualTypeOf<(options: VerifierOptions) => Verifier>()
  expectTypeOf(site).toExtend<VerifierOptions>()
  expectTypeOf<readonly VerifierOptions[]>([
    // @ts-expect-error the scope is of the demand
    { ...site, scope: 'read' },
    // @ts-expect-error a proof is taken or not
    { ...site, dpop: 'on' },
    // @ts-expect-error one issuer
    { ...site, issuer: ['https://issuer.test'] },
    // @ts-expect-error no issuer
    { resource: site.resource, keys: site.keys },
  ])
  expectTypeOf<readonly Demand[]>([
    { scope: 'read write', maxAge: 300 },
    // @ts-expect-error scope tokens with a space between
    { scope: ['read'] },
    // @ts-expect-error what is meant to be asked for is there
    { scope: undefined },
    // @ts-expect-error misspelt
    { max_age: 300 },
  ])
})

it('hands its parts on', () => {
  expectTypeOf<typeof remoteKeys>().returns.toEqualTypeOf<RemoteKeys>()
  expectTypeOf<RemoteKeys>().toExtend<NonNullable<VerifierOptions['keys']>>()
  expectTypeOf<ReturnType<typeof describeResource>['metadata']>().toEqualTypeOf<Readonly<Record<string, unknown>>>()
  expectTypeOf<ReplayStore['spend']>().returns.resolves.toEqualTypeOf<'first' | 'spent'>()
  expectTypeOf<OnProblem>().parameter(0).toHaveProperty('detail').toBeString()
})

it('is smaller for direct tokens', () => {
  expectTypeOf<typeof createDirectVerifier>().returns.toEqualTypeOf<Verifier>()
  expectTypeOf<readonly DirectVerifierOptions[]>([
    site,
    // @ts-expect-error it takes no proofs
    { ...site, dpop: {} },
    // @ts-expect-error it fetches nothing
    { ...site, jwksUri: 'https://issuer.test/jwks' },
  ])
})

it("is a verifier as MCP's SDK takes it", () => {
  expectTypeOf<typeof toAuthInfo>().parameter(0).toEqualTypeOf<Entitlement>()
  expectTypeOf<ReturnType<typeof tokenVerifier>['verifyAccessToken']>().returns.resolves.toEqualTypeOf<AuthInfo>()
  expectTypeOf<AuthInfo['extra']>().toExtend<Entitlement>()
  const invalidToken = (description: string) => new Error(description)
  expectTypeOf<readonly TokenVerifierOptions[]>([
    { ...site, invalidToken },
    // @ts-expect-error the SDK has to know its own error
    site,
    // @ts-expect-error no request is seen
    { ...site, invalidToken, dpop: {} },
  ])
})
