import { describe, expect, it } from 'vitest'
import { createMemoryRevocations, type LogEntry } from '../../src/index.ts'
import { API, basic, ISSUER, testIssuer, tokenRequest } from '../fixtures.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

const PATHS = ['/token', '/revoke', '/introspect', '/keys', '/par', '/register', '/authorize', '/userinfo']

/** Returns a request whose body never comes to its end. */
function broken(path: string, headers: Readonly<Record<string, string>>): Request {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('grant_')),
    pull: (controller) => controller.error(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })),
  })
  const type = path === '/register' ? 'application/json' : 'application/x-www-form-urlencoded'
  const usual = { authorization: basic('service', 'service-secret'), 'content-type': type }
  return new Request(ISSUER + path, {
    method: 'POST',
    headers: { ...usual, ...headers },
    body,
    duplex: 'half',
  } as RequestInit)
}

describe('a client that breaks off while its body is read', () => {
  it.each(PATHS.flatMap((path) => [[path, { 'content-length': '100' }] as const, [path, {}] as const]))(
    'is a request that is malformed, and no failure of ours with its places in the log: %s %o',
    async (path, headers) => {
      const log: LogEntry[] = []
      const issuer = testIssuer({
        log: (entry) => log.push(entry),
        revocations: createMemoryRevocations('salt'),
        openid: {},
        registrationKeys: REGISTRATION_KEYS[0],
        registration: { resources: [API], scopes: ['read'] },
      })
      const { status } = await issuer.request(broken(path, headers))
      expect([status, log.at(-1)]).toEqual([
        400,
        expect.objectContaining({ level: 'warn', code: 'invalid_request', detail: 'the body broke off' }),
      ])
    },
  )

  it('is told apart from an operator’s own code that reads what it may not, and from what fails behind it', async () => {
    const log: LogEntry[] = []
    const failing = (credentials: (request: Request) => Record<string, never>) =>
      testIssuer({ log: (entry) => log.push(entry), credentials })
    const reading = failing((request) => {
      void request.text()
      return {}
    })
    const throwing = failing(() => {
      throw new Error('hush')
    })
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('grant_type=client_credentials'))
        controller.close()
      },
    })
    const answers = [await reading.request(tokenRequest()), await throwing.request(tokenRequest({ body }))]
    expect(answers.map(({ status }) => status)).toEqual([500, 500])
    expect(log.map(({ code }) => code)).toEqual(['server_error', 'server_error'])
  })
})
