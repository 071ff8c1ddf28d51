/**
 * An app that keeps what a library of MCP clients learns, and sends its person to the issuer.
 *
 * @module
 */

import type { Arrival } from '../visitor.ts'
import type { Place } from './place.ts'

/** Where apps are answered: nothing listens there, for the app reads the address off its own browser. */
export const CALLBACK = 'http://127.0.0.1:33418/callback'

/** What an app keeps. */
export interface Kept {
  client?: { readonly client_id: string; readonly [member: string]: unknown } | undefined
  tokens?: { readonly access_token: string; readonly refresh_token?: string; readonly scope?: string } | undefined
  verifier?: string
  state?: string
  issuer?: unknown
}

/** An app, as the SDKs' `OAuthClientProvider` has it. */
export interface App {
  readonly kept: Kept
  /** Where the person ended whom it sent last. */
  arrived?: Arrival
  /** How often it sent its person away. */
  sent: number
  /** How often it registered. */
  registered: number
  readonly provider: object
}

/** Makes an app that says this of itself when it registers. */
export function createApp(
  place: Pick<Place, 'person'>,
  metadata: Readonly<Record<string, unknown>>,
  documentUrl?: string,
): App {
  const kept: Kept = {}
  const keep = (some: Kept): void => void Object.assign(kept, some)
  const app: App = {
    kept,
    sent: 0,
    registered: 0,
    provider: {
      redirectUrl: CALLBACK,
      clientMetadata: {
        ...{ client_name: 'An app', redirect_uris: [CALLBACK], response_types: ['code'] },
        ...{ grant_types: ['authorization_code', 'refresh_token'], ...metadata },
      },
      ...(documentUrl === undefined ? {} : { clientMetadataUrl: documentUrl }),
      state: () => 'a-state',
      saveState: (state: string) => keep({ state }),
      storedState: () => kept.state,
      clientInformation: () => kept.client,
      isClientInformationDynamicallyRegistered: () => true,
      authorizationServerInformation: () => kept.issuer,
      saveAuthorizationServerInformation: (issuer: unknown) => keep({ issuer }),
      saveClientInformation(client: NonNullable<Kept['client']>) {
        app.registered += 1
        kept.client = client
      },
      tokens: () => kept.tokens,
      saveTokens: (tokens: NonNullable<Kept['tokens']>) => keep({ tokens }),
      saveCodeVerifier: (verifier: string) => keep({ verifier }),
      codeVerifier: () => kept.verifier ?? '',
      invalidateCredentials(scope: string) {
        if (scope === 'all' || scope === 'client') kept.client = undefined
        if (scope === 'all' || scope === 'tokens') kept.tokens = undefined
      },
      async redirectToAuthorization(url: URL) {
        app.sent += 1
        app.arrived = await place.person.visit(url.href, (to) => (to.href.startsWith(CALLBACK) ? undefined : to))
      },
    },
  }
  return app
}
