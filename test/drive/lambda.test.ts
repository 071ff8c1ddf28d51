import { handle } from 'hono/aws-lambda'
import { expect, it } from 'vitest'
import { createIssuer, createMemoryGuard, createMemoryRevocations, readBindings } from '../../src/index.ts'
import { drive } from '../parties/drive/drive.ts'
import { askLambda, FRONT_DOORS } from '../parties/drive/lambda.ts'
import { schemeOf } from '../parties/drive/scheme.ts'
import { driveBindings } from '../parties/drive/settings.ts'

it.each(Object.entries(FRONT_DOORS))('the issuer is driven behind a front door of Lambda: %s', async (_, frontDoor) => {
  const issuer = createIssuer({
    ...readBindings(driveBindings()),
    guard: createMemoryGuard(),
    revocations: createMemoryRevocations('salt'),
    scheme: schemeOf,
    log: () => {},
  })
  expect(await drive(askLambda(handle(issuer), frontDoor))).toEqual([])
})
