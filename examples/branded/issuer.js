/** The issuer, and the stand-in for who logs people in. */
import { serve } from '@hono/node-server'
import { createIssuer } from 'bulla'
import { ISSUER, STAND_IN, settings } from './settings.js'
import { standIn } from './stand_in.js'

const at = (url) => ({ hostname: 'localhost', port: Number(new URL(url).port) })
const { fetch } = createIssuer(settings)
if (!process.env.CLIENT_ID) serve({ fetch: standIn.fetch, ...at(STAND_IN) })
serve({ fetch, ...at(ISSUER), serverOptions: { maxHeaderSize: 32_768 } }, () =>
  console.log(`Open ${ISSUER}, and press the button.`),
)
