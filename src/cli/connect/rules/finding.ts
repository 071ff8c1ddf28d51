/**
 * What the walk of a client finds: where it breaks, whose fault that is, and how it is mended.
 *
 * @module
 */

/** The steps of a client, in their order. */
export const STEPS = ['challenge', 'resource', 'issuer', 'register', 'authorize', 'token', 'browsers'] as const
export type Step = (typeof STEPS)[number]

/** Who can mend it. `client_policy` is what the issuer lets clients do that it does not know. */
export type Fault = 'api' | 'issuer' | 'client_policy' | 'network'

/** One thing that is found. */
export interface Finding {
  /** A `break` stops every client, or most; with a `warning` some stop, or all get less than they could. */
  readonly severity: 'break' | 'warning'
  /** What it is, for machines. */
  readonly code: string
  readonly fault: Fault
  /** What is so, in a sentence. */
  readonly what: string
  /** What to do, in a sentence. */
  readonly mend: string
}

type Make = (fault: Fault, code: string, what: string, mend: string) => Finding

export const breaks: Make = (fault, code, what, mend) => ({ severity: 'break', code, fault, what, mend })

export const warns: Make = (fault, code, what, mend) => ({ severity: 'warning', code, fault, what, mend })

/** Tells whether one of them stops clients. */
export function isBroken(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'break')
}

/** Returns what somebody else wrote, quoted and cut; whoever prints it makes it visible. */
export function shown(value: unknown, longest = 160): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (value === undefined) return 'nothing'
  const text = String(value)
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  return typeof value === 'string' ? `"${cut}"` : cut
}

/** Returns a URL without its query, which may be secret. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return shown(url)
  const { protocol, host, pathname, search } = new URL(url)
  return `${protocol}//${host}${pathname.slice(0, 160)}${search === '' ? '' : '?…'}`
}
