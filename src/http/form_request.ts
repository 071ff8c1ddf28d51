/**
 * A request with a form as the platform has it → as endpoints take it.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import type { WaitUntil } from '../wait_until.ts'
import { readBody } from './browser.ts'
import type { FormRequest } from './form_endpoint.ts'

/** What reads requests, and what comes beside them. */
export interface FormRequests {
  /** Returns the certificate of a request, where some client needs one. */
  certificateOf(request: Request, env: unknown): ClientCertificate | undefined
  /**
   * Reads a request; its body whatever its length.
   *
   * @throws {OAuthError} when the body breaks off
   */
  readFormRequest(request: Request, env: unknown, waitUntil: WaitUntil): Promise<FormRequest>
}

/** Returns what reads requests. */
export function createFormRequests(context: EndpointContext, settings: IssuerSettings): FormRequests {
  const certificateOf: FormRequests['certificateOf'] = (request, env) =>
    context.settings.hasCertificates ? settings.certificate?.(request, env) : undefined
  return {
    certificateOf,
    async readFormRequest(request, env, waitUntil) {
      const { url: uri, method, headers } = request
      const credentials = settings.credentials?.(request, env) ?? {}
      const certificate = certificateOf(request, env)
      const address = settings.addressOf?.(request, env)
      const body = await readBody(request, Number.POSITIVE_INFINITY)
      return { uri, method, headers, body, credentials, certificate, address, request, env, waitUntil }
    },
  }
}
