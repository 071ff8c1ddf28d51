import { describe, expect, it, vi } from 'vitest'
import type { Problem, ResourceRequest } from '../../src/verifier/index.ts'
import {
  type Admission,
  entitlementOf,
  type ResourceServerOptions,
  readResourceServer,
} from '../../src/verifier/resource_server.ts'
import { options, seal, verifier, watchedVerifier } from '../parties/api.ts'

/** A request as a framework may have it. */
interface Native {
  readonly scope?: unknown
  readonly certificate?: string
}

const bearer = { authorization: `Bearer ${await seal()}` }
const THUMBPRINT = 'A'.repeat(43)
const bound = { authorization: `Bearer ${await seal({ 'x5t#S256': THUMBPRINT })}` }
const angry = (): never => {
  throw new Error('no')
}

/** Returns what decides, with the options of a middleware: all that is wrong is so by intent. */
const admitting = (changes: object) =>
  readResourceServer<Native>(changes as ResourceServerOptions<Native>, ({ certificate }) => certificate)

/** Asks once, and returns the status of the answer, or 200. */
async function statusOf(changes: object, headers: object = bearer, native: Native = {}): Promise<number> {
  const shown = { method: 'GET', url: '/', headers } as ResourceRequest
  return (await admitting({ verifier, ...changes })(native, shown)).answer?.status ?? 200
}

/** Asks once, and returns what came of it. */
const ask = (changes: object, shown: object): Promise<Admission> =>
  admitting({ verifier, ...changes })({}, { method: 'GET', url: '/', headers: {}, ...shown })

describe('the options of a middleware', () => {
  const demand = { scope: 'read', acr: 'gold', maxAge: 60, certificate: () => undefined, cors: '*' }

  it('are a verifier, or what one is made from, and what a request must have', async () => {
    for (const made of [{ verifier }, { ...options }])
      for (const changes of [{}, { onProblem: () => {} }, demand])
        expect(() => admitting({ ...made, ...changes })).not.toThrow()
    const admission = await admitting(options)({}, { headers: bearer })
    expect(admission).toMatchObject({ entitlement: { sub: 'alice' }, headers: {} })
    expect((await admitting({ ...options, scope: 'write' })({}, { headers: bearer })).answer?.status).toBe(403)
  })

  it.each<[unknown, string]>([
    [undefined, '"resourceServer" expected'],
    [null, '"resourceServer" expected'],
    ['verifier', '"resourceServer" expected'],
    [[], '"resourceServer" expected'],
    [{}, '"issuer" expected'],
    [{ verifier: undefined }, '"verifier" expected'],
    [{ verifier: null }, '"verifier" expected'],
    [{ verifier: {} }, '"verifier" expected'],
    [{ verifier, issuer: options.issuer }, '"resourceServer" has no setting "issuer"'],
    [{ verifier, dpop: 'off' }, '"resourceServer" has no setting "dpop"'],
    [{ verifier, sope: 'read' }, '"resourceServer" has no setting "sope"'],
    [{ verifier, certificate: 'header' }, '"certificate" expected a function'],
    [{ verifier, onProblem: 'log' }, '"onProblem" expected a function'],
    [{ ...options, certificate: 'header' }, '"certificate" expected a function'],
    [{ ...options, sope: 'read' }, 'has no setting "sope"'],
    [{ verifier, cors: 'https://app.example' }, '"cors" expected'],
    [{ verifier, cors: null }, '"cors" expected'],
    [{ verifier, scope: undefined }, '"scope" expected'],
    [{ verifier, scope: ['read'] }, '"scope" expected'],
    [{ verifier, acr: undefined }, '"acr" expected'],
    [{ ...options, maxAge: '60' }, '"maxAge" expected'],
  ])('are refused with a TypeError: %o', (changes, message) => {
    const make = () => admitting(changes as object)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  it.each([{ scope: '' }, { scope: 'read  write' }, { acr: '"' }, { maxAge: 0 }])(
    'are refused out of bounds: %j',
    (changes) => {
      expect(() => admitting({ verifier, ...changes })).toThrow(RangeError)
      expect(() => admitting({ verifier, scope: () => 'read', ...changes })).toThrow(RangeError)
    },
  )
})

describe('what a request must have', () => {
  it('is a scope, and a login', async () => {
    expect(await statusOf({ scope: 'read' })).toBe(200)
    expect(await statusOf({ scope: 'read write' })).toBe(403)
    expect(await statusOf({ scope: 'read', acr: 'gold' })).toBe(401)
    expect(await statusOf({ maxAge: 60 })).toBe(401)
    expect(await statusOf({ scope: 'read' }, {})).toBe(401)
  })

  it('is found for each request, at once or later; an empty text asks for a live token', async () => {
    for (const scope of [(native: Native) => native.scope, async (native: Native) => native.scope]) {
      expect(await statusOf({ scope }, bearer, { scope: 'read' })).toBe(200)
      expect(await statusOf({ scope }, bearer, { scope: 'write' })).toBe(403)
      expect(await statusOf({ scope }, bearer, { scope: '' })).toBe(200)
      expect(await statusOf({ scope }, {}, { scope: '' })).toBe(401)
      for (const acr of ['read', '']) expect(await statusOf({ scope, acr: 'gold' }, bearer, { scope: acr })).toBe(401)
    }
  })

  it('lets nobody in where nobody can tell it', async () => {
    for (const scope of [undefined, null, 'a  b', ['read']])
      expect(await statusOf({ scope: () => scope }, bearer)).toBe(500)
    await expect(statusOf({ scope: angry })).rejects.toThrow('no')
  })

  it('is the certificate that the platform tells; or, where it is said how, what that tells', async () => {
    expect(await statusOf({}, bound)).toBe(401)
    expect(await statusOf({}, bound, { certificate: THUMBPRINT })).toBe(200)
    const certificate = () => THUMBPRINT
    expect(await statusOf({ certificate }, bound)).toBe(200)
    expect(await statusOf({ certificate: () => undefined }, bound, { certificate: THUMBPRINT })).toBe(401)
  })
})

describe('the answer', () => {
  it('is that of the verifier, which is shown all', async () => {
    const watched = watchedVerifier()
    const native = {}
    const { answer } = await ask({ verifier: watched.verifier }, { native, scheme: 'https' })
    const headers = { 'cache-control': 'no-store', 'content-type': 'application/json' }
    expect(answer).toMatchObject({ status: 401, headers, body: expect.stringContaining('error_description') })
    expect(answer?.headers).toHaveProperty('www-authenticate')
    const shown = { method: 'GET', url: '/', headers: {}, native, scheme: 'https', certificate: undefined }
    expect(watched.shown).toStrictEqual([shown])
  })

  it('has the next nonce, where there is one', async () => {
    expect((await ask({}, { headers: bearer })).headers).toStrictEqual({})
    const { verifier } = watchedVerifier('next')
    expect((await ask({ verifier }, { headers: bearer })).headers).toStrictEqual({ 'DPoP-Nonce': 'next' })
  })

  it('tells a browser who may read it, whoever is let in or not', async () => {
    const open = { 'Access-Control-Allow-Origin': '*' }
    const admitted = await ask({ cors: '*' }, { headers: bearer })
    expect(admitted.headers).toMatchObject(open)
    const refused = await ask({ cors: '*' }, {})
    expect(refused.answer).toMatchObject({ status: 401, headers: open })
    const listed = await ask({ cors: ['https://app.example'] }, { headers: { ...bearer, origin: 'https://b.example' } })
    expect(Object.keys(listed.headers ?? {}).sort()).toEqual(['Access-Control-Expose-Headers', 'Vary'])
  })

  it('is 204 to a preflight, before any check', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const preflight = { method: 'OPTIONS', headers }
    const { answer } = await ask({ cors: '*', scope: angry }, preflight)
    expect(answer).toMatchObject({ status: 204, headers: { 'Access-Control-Allow-Origin': '*' }, body: undefined })
    expect(answer?.headers).toHaveProperty('Access-Control-Allow-Methods')
    expect((await ask({}, preflight)).answer?.status).toBe(401)
    expect((await ask({ cors: '*' }, { ...preflight, method: 'POST' })).answer?.status).toBe(401)
  })

  it('tells a browser nothing of a request that cannot be read', async () => {
    for (const shown of [{ url: { toString: angry } }, { headers: { get: angry } }]) {
      const { answer } = await ask({ cors: '*' }, shown)
      expect([answer?.status, Object.keys(answer?.headers ?? {}).some((name) => /^access-/i.test(name))]).toEqual([
        400,
        false,
      ])
    }
  })
})

describe('onProblem beside a verifier', () => {
  it('is told of what is refused here, and of nothing else', async () => {
    const heard: Problem[] = []
    const admit = admitting({ verifier, scope: 'read', onProblem: (problem: Problem) => heard.push(problem) })
    await admit({}, { headers: bearer })
    expect(heard).toEqual([])
    const { answer } = await admit({}, { headers: { authorization: 'Bearer x' } })
    expect(answer?.status).toBe(401)
    expect(heard).toStrictEqual([{ reason: 'form', detail: expect.any(String), code: 'invalid_token' }])
    expect(await statusOf({ scope: 'write', onProblem: angry })).toBe(403)
  })

  it('left out, leaves it to the verifier whom it tells', async () => {
    const warn = vi.spyOn(console, 'warn')
    expect(await statusOf({ scope: () => 'a  b' })).toBe(500)
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
  })
})

describe('what a route behind it finds', () => {
  it('is the entitlement; where no middleware let the request in, an error of the server', async () => {
    const { entitlement } = await ask({}, { headers: bearer })
    expect(entitlementOf({ entitlement })).toBe(entitlement)
    for (const request of [{}, { entitlement: undefined }]) expect(() => entitlementOf(request)).toThrow(TypeError)
  })
})
