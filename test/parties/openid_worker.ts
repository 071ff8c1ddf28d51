/** The Workers entry of an issuer whose login page tells a name and an e-mail address of anybody. */
import { env } from 'cloudflare:workers'
import { type Bindings, createIssuer, readBindings } from 'bulla'
import { CLAIMS } from './claims.ts'

export { GuardObject, RevocationsObject } from 'bulla/worker'

const settings = readBindings(env as Bindings)
const { authenticate } = settings
if (authenticate === undefined) throw new Error('nobody logs people in')

export default createIssuer({
  ...settings,
  async authenticate(request, transaction) {
    const person = await authenticate(request, transaction)
    return person instanceof Response ? person : { ...person, claims: CLAIMS }
  },
})
