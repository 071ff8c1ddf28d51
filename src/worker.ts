/**
 * The Workers entry: bindings → issuer.
 *
 * @see docs/guides/deploying.md
 *
 * @module
 */

import { type Bindings, readBindings } from './bindings.ts'
import { answerUnavailable } from './http/respond.ts'
import { createIssuer, type Issuer } from './issuer.ts'

// Edge runtimes have it as a global; Workers as a module, with the compatibility flag `nodejs_als`. Without it lines of the log and
// events do not tell of which request they are.
const AsyncLocalStorage = await import('node:async_hooks').then(
  (hooks) => hooks.AsyncLocalStorage,
  () => undefined,
)
Object.assign(globalThis, { AsyncLocalStorage })

export { GuardObject } from './stores/guard_durable_object.ts'
export { RevocationsObject } from './stores/revocations_durable_object.ts'

/** The issuer of this isolate, made by its first request; or why there is none. */
let made: Issuer | { readonly reason: string } | undefined

function make(env: Bindings): Issuer | { readonly reason: string } {
  try {
    return createIssuer(readBindings(env))
  } catch (error) {
    const detail = (error as Error).message
    console.error(
      JSON.stringify({
        level: 'error',
        event: 'settings',
        detail: `${detail}; see wrangler.toml and .dev.vars, and bulla check`,
      }),
    )
    return { reason: 'settings' }
  }
}

/** The Worker: what its first request finds in the bindings is the issuer of its isolate. */
export default {
  /** Answers a request; 503 where the settings are no good, and the log says why. */
  fetch(request: Request, env: Bindings, execution?: Parameters<Issuer['fetch']>[2]): Response | Promise<Response> {
    made ??= make(env)
    return 'fetch' in made ? made.fetch(request, env, execution) : answerUnavailable(made.reason)
  },
}
