import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { walk } from '../../src/cli/connect/walk.ts'
import { LOGIN_KEY } from '../fixtures.ts'
import {
  type Running,
  startBetterAuth,
  startBulla,
  startOidcProvider,
  startSdkRouter,
  startWorkersOauthProvider,
} from './connect/start.ts'

let running: Running | undefined
afterEach(async () => {
  await running?.stop()
  running = undefined
})

describe('bulla doctor --connect', () => {
  it.each<[string, () => Promise<Running>, readonly (readonly [string, string, string])[]]>([
    ['Bulla', startBulla, []],
    ["Cloudflare's workers-oauth-provider", startWorkersOauthProvider, []],
    // Its registration answers no preflight.
    ['oidc-provider', startOidcProvider, [['browsers', 'warning', 'issuer_cors']]],
    // It says `invalid_client` with 400, and its middleware knows nothing of pages.
    [
      "the router of MCP's SDK",
      startSdkRouter,
      [
        ['token', 'warning', 'no_invalid_client'],
        ['browsers', 'warning', 'api_cors'],
      ],
    ],
    // It looks the code up before the client, and pages of other origins are nobody's there.
    [
      'better-auth',
      startBetterAuth,
      [
        ['token', 'warning', 'no_invalid_client'],
        ['browsers', 'warning', 'issuer_cors'],
      ],
    ],
  ])(
    'goes the whole way at %s, and warns of nothing but what is so',
    async (_, start, expected) => {
      running = await start()
      const report = await walk(new URL(running.url), {
        registers: true,
        say: () => {},
        progress: () => {},
        random: () => randomBytes(32).toString('base64url'),
      })
      const found = report.steps.flatMap(({ step, findings }) =>
        findings.map(({ severity, code }) => [step, severity, code]),
      )
      expect([report.kind, report.ok, found]).toEqual(['api', true, expected])
      expect(report.steps.filter(({ state }) => state === 'not_tried')).toEqual([])
      // What a person would see is a page, or the way to one.
      expect(report.steps.find(({ step }) => step === 'authorize')?.detail).toMatch(/^a page$|^on to /)
    },
    60_000,
  )

  it('names at Bulla an API whose maxAge no way to log in can meet, and none where one can', async () => {
    const github = { provider: 'github', client_id: 'x' }
    const { d: _, ...publicKey } = LOGIN_KEY
    const page = 'https://www.example.com/login'
    const www = { type: 'page', url: page, issuer: page, jwks: { keys: [publicKey] } }
    const found: unknown[] = []
    for (const LOGIN of [{ github }, { github, www }]) {
      running = await startBulla({ LOGIN, LOGIN_CLIENT_SECRET_GITHUB: 'x' })
      for (const maxAge of [undefined, 600]) {
        const report = await walk(new URL(running.url), {
          registers: true,
          say: () => {},
          progress: () => {},
          random: () => randomBytes(32).toString('base64url'),
          ...(maxAge === undefined ? {} : { maxAge }),
        })
        const { findings } = report.steps.find(({ step }) => step === 'authorize') ?? {}
        found.push([report.ok, findings?.map(({ code }) => code)])
      }
      await running.stop()
      running = undefined
    }
    expect(found).toEqual([
      [true, []],
      [false, ['max_age_unmet']],
      [true, []],
      [true, []],
    ])
  }, 90_000)
})
