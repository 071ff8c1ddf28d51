/**
 * GitHub, as the example's stand-in for it: a process of its own, in which anybody is who they say.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ENV, ROOT } from '../checkout.ts'
import { freePort, waitFor } from './live_issuer.ts'

/** A running stand-in. */
export interface GitHub {
  readonly origin: string
  /** Where its API is. */
  readonly api: string
  readonly clientId: string
  readonly clientSecret: string
  /** What it printed: a line for each request. */
  printed(): string
  stop(): Promise<void>
}

/** What a stand-in is started with. */
export interface GitHubOptions {
  /** Where its app's people come back: the callback URL of its settings. */
  readonly callback: string
  /** Seconds after which its tokens end, as those of a GitHub App; they come with refresh tokens that rotate. Default: never. */
  readonly expiresIn?: number
  /** Whether its app is the one that the example knows where nobody tells it another. Default false. */
  readonly isUsual?: boolean
}

/** Starts a stand-in on a port that nobody has. */
export async function startGitHub({ callback, expiresIn, isUsual }: GitHubOptions): Promise<GitHub> {
  const port = await freePort()
  const own = ['Iv1.0123456789abcdef', 'github-client-secret'] as const
  const [clientId, clientSecret] = isUsual ? (['stand-in', 'stand-in-secret'] as const) : own
  const env = {
    ...ENV,
    ...{ PORT: String(port), CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, CALLBACK: callback },
    ...(expiresIn === undefined ? {} : { EXPIRES_IN: String(expiresIn) }),
  }
  const child = spawn('node', [join(ROOT, 'examples/github-mcp/stand_in_github.js')], { env })
  let printed = ''
  child.stdout.on('data', (data) => (printed += data))
  child.stderr.on('data', (data) => (printed += data))
  const origin = `http://localhost:${port}`
  await waitFor(origin)
  return {
    origin,
    api: `${origin}/api`,
    clientId,
    clientSecret,
    printed: () => printed,
    async stop() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}
