import { expect, it } from 'vitest'
import { CANARY, createHandOver, createTestProvider } from '../parties/hand_over.ts'

it('an API is handed the access token that the provider gave at the login for it', async () => {
  const there = createHandOver(createTestProvider())
  const answer = await there.login()
  expect(await there.open(answer.access_token)).toMatchObject({ sub: 'github|583231', providerToken: `${CANARY}-1` })
})
