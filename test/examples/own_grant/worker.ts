/** The Workers entry of an issuer with a grant type of its own. */
import { env } from 'cloudflare:workers'
import { type Bindings, createIssuer, readBindings } from 'bulla'
import { shopSession } from './shop_session.ts'

export { GuardObject, RevocationsObject } from 'bulla/worker'

export default createIssuer({ ...readBindings(env as Bindings), grants: [shopSession(String(env['SHOP_SECRET']))] })
