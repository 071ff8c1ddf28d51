/** The Workers entry of an issuer whose sealed settings lie in R2, with a way to put some there, and a clock that can be put on. */
import { env } from 'cloudflare:workers'
import { type Bindings, createIssuer, readBindings } from 'bulla'

export { GuardObject, RevocationsObject } from 'bulla/worker'

const { SETTINGS } = env as { SETTINGS: { put(key: string, text: string): Promise<unknown> } }
let ahead = 0
const issuer = createIssuer({
  ...readBindings(env as Bindings),
  now: () => Math.floor(Date.now() / 1000) + ahead,
})

export default {
  async fetch(request: Request, _: unknown, execution: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/put') await SETTINGS.put('settings', await request.text())
    if (pathname === '/pass') ahead += Number(await request.text())
    return ['/put', '/pass'].includes(pathname) ? new Response() : issuer.fetch(request, env as object, execution)
  },
}

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
  readonly props: object
}
