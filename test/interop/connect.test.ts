import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { walk } from '../../src/cli/connect/walk.ts'
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
})
