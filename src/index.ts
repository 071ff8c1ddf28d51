/**
 * The face of `bulla`: the issuer.
 *
 * @see docs/reference/settings.md
 * @see docs/start/getting-started.md
 *
 * @module
 */

export { type Bindings, type LoginSecrets, readBindings } from './bindings.ts'
export type { EventFacts, EventOutcome, EventType, IssuerEvent, OnEvent } from './events/event.ts'
export type { EventSubjects } from './events/event_subjects.ts'
export { entitleSubject } from './grants/entitlement.ts'
export type { Decision, Grant, GrantContext } from './grants/grant.ts'
export type { FormRequest } from './http/form_endpoint.ts'
export type { Answer } from './http/respond.ts'
export { createIssuer, type Issuer } from './issuer.ts'
export type { Log, LogEntry } from './log.ts'
export type {
  Authenticate,
  LoginProvider,
  LoginProviders,
  Person,
  ProviderTokens,
  Transaction,
} from './login/authenticate.ts'
export { loginProviders } from './login/login_providers.ts'
export { oauthProvider } from './login/oauth_provider.ts'
export type { OAuthProviderOptions } from './login/oauth_provider_options.ts'
export { type OpenidProviderOptions, openidProvider } from './login/openid_provider.ts'
export { type OwnPageOptions, ownLoginPage } from './login/own_page.ts'
export { type UpstreamOptions, upstreamLogin } from './login/upstream.ts'
export type { OpenidSettings } from './openid/openid_registration.ts'
export { OAuthError, type OAuthErrorCode } from './protocol/error.ts'
export type { Parameters } from './protocol/parameters.ts'
export type { Reason } from './protocol/reasons.ts'
export type { Client, Profile } from './registration/clients/client.ts'
export type { CertificateName, ClientCertificate } from './registration/clients/client_certificate.ts'
export type { ClientSettings } from './registration/clients/client_registration.ts'
export type { DetailTypeSettings } from './registration/details/authorization_details_registration.ts'
export type { JsonSchema } from './registration/details/json_schema.ts'
export type { ExchangeRuleSettings } from './registration/exchange.ts'
export type { Resource } from './registration/resource.ts'
export type { ResourceSettings } from './registration/resource_registration.ts'
export type { TrustedIssuerSettings, TrustRuleSettings } from './registration/trusted_issuer.ts'
export type { RegistrationSettings } from './registration/walk_in/walk_in_registration.ts'
export type { AllowDevice } from './settings/allow_device.ts'
export type { BrandingSettings } from './settings/branding.ts'
export type { ReadBundle, SettingsBundle } from './settings/bundle_source.ts'
export type { HomeSettings } from './settings/homes.ts'
export type { Credentials, IssuerSettings } from './settings/issuer_settings.ts'
export type { CountedBy, Limits } from './settings/limits.ts'
export type { Advance, Guard, Keeping, Step } from './stores/guard.ts'
export { createMemoryGuard } from './stores/guard_memory.ts'
export type { OneProcessOptions } from './stores/one_process.ts'
export type { Addition, Outcome, RevocationEvent, Revocations } from './stores/revocations.ts'
export { createMemoryRevocations } from './stores/revocations_memory.ts'
export type { Entitlement } from './token/entitlement.ts'
export type { Trace, TracedPart } from './trace.ts'
