/**
 * What `bulla serve` says at its start: words, or with `--json` lines as the log has them.
 *
 * @module
 */

import { isLoopback } from '../../keys/identifier.ts'
import { visibleJson } from '../protocol/visible.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import type { Io } from './command.ts'

/** Says what happened: where it listens, and what the operator may not have meant. */
export interface Lines {
  /** @param event what it is about, as one word, for programs */
  warn(event: string, detail: string): void
  listening(served: {
    readonly issuer: string
    /** Where it can be asked on this machine. */
    readonly url: string
    /** What remembers, without an address: `Redis`. */
    readonly guard: string
  }): void
}

/** For people: on stderr. */
export function wordsTo({ say }: Pick<Io, 'say'>): Lines {
  return {
    warn: (_, detail) => say(`warning: ${detail}`),
    listening: ({ issuer, url, guard }) => say(`${issuer} is served at ${url}; its guard: ${guard}`),
  }
}

/** For programs: among the lines of the log that follow, and where these go; what is well on stdout, warnings on stderr. */
export function jsonTo({ out, say }: Pick<Io, 'out' | 'say'>): Lines {
  return {
    warn: (event, detail) => say(visibleJson({ level: 'warn', event, detail })),
    listening: (served) => out(visibleJson({ level: 'info', event: 'listening', ...served })),
  }
}

/** What is known of a start. */
export interface Start {
  readonly port: number
  readonly host: string
  /** What remembers. */
  readonly guard: string
  /** Whether anybody is who they say. */
  readonly isDevelopment: boolean
  /** Whether a proxy is believed. */
  readonly isTrusting: boolean
}

/** Says what is served, and what the operator may not have meant. */
export function sayServed({ issuer, registration }: IssuerSettings, start: Start, lines: Lines): void {
  const { port, host, guard, isDevelopment, isTrusting } = start
  lines.listening({ issuer, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, guard })
  if (isDevelopment) lines.warn('development_login', 'the development login: anybody on this machine is who they say')
  const own = new URL(issuer)
  if (isLoopback(issuer) && Number(own.port || (own.protocol === 'https:' ? 443 : 80)) !== port)
    lines.warn('other_port', `port ${port} is not that of the issuer: only a proxy at ${own.host} can ask here`)
  if (registration !== undefined && !isLoopback(issuer) && !isTrusting)
    lines.warn('trusted_proxies', 'no --trusted-proxies: all who come by one proxy count as one address')
}
