/**
 * `GET /admin/settings`: an operator sees by which settings the issuer works: names alone, and nothing secret. Nobody can write
 * them here: that would be a database by another name.
 *
 * @module
 */

import type { AuthenticateClient } from '../authentication/client_authentication.ts'
import { checkKind } from '../authentication/client_kind.ts'
import type { EndpointContext } from '../context.ts'
import { unlessAwaited } from '../http/awaited.ts'
import { challengeOfBasic } from '../http/form_endpoint.ts'
import { readProvedRequest } from '../http/proved_request.ts'
import { type Answer, answerError, answerJson } from '../http/respond.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import { VERSION } from '../version.ts'

/** What the endpoint needs beside the context. */
export interface AdminSettingsParts {
  readonly authenticateClient: AuthenticateClient
}

/** Returns the endpoint, for GET, and for POST where an operator's assertion belongs. */
export function createAdminSettingsEndpoint(
  context: EndpointContext,
  { authenticateClient }: AdminSettingsParts,
): (request: Request, certificate: ClientCertificate | undefined) => Promise<Answer> {
  const { settings, log } = context
  const { issuer, resources, clients, trustedIssuers, detailTypes } = settings
  const names = {
    resources: [...resources.keys()],
    clients: [...clients.keys()],
    trusted_issuers: [...trustedIssuers.values()].map(({ name }) => name),
    details: [...detailTypes.keys()],
  }

  return async (request, certificate) => {
    const { headers } = request
    try {
      const parameters = await readProvedRequest(request)
      const client = await authenticateClient({ headers, parameters, certificate, now: context.now() })
      checkKind(client, 'operator')
      const seq = context.bundle()?.seq
      return answerJson(200, { issuer, version: VERSION, ...(seq !== undefined && { seq }), ...names })
    } catch (error) {
      return answerError(unlessAwaited(error, context), {
        event: 'admin',
        log,
        challenge: challengeOfBasic(headers, issuer),
      })
    }
  }
}
