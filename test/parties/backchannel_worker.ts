/** The Workers entry of an issuer whose clients, `https://at-PORT.example`, are servers on this machine. */
import { env } from 'cloudflare:workers'
import { type Bindings, createIssuer, readBindings } from 'bulla'

export { GuardObject, RevocationsObject } from 'bulla/worker'

export default createIssuer({
  ...readBindings(env as Bindings),
  fetch: (url, init) => fetch(url.replace(/^https:\/\/at-(\d+)\.example\//, 'http://127.0.0.1:$1/'), init),
})
