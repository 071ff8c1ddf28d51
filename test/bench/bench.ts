/**
 * `npm run bench`: how fast everything is, beside what one would take instead, in one table.
 *
 * @module
 */

import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { Contender, Effort } from './measure.ts'
import { installPeers, versionsOf } from './peers.ts'
import { type Head, isMet, type Row, writeTable } from './report.ts'

const OPTIONS = {
  json: { type: 'boolean' },
  keep: { type: 'boolean' },
  quick: { type: 'boolean' },
  sizing: { type: 'boolean' },
} as const

/** Reads what is asked for, or says how it is to be asked. */
function readOptions() {
  try {
    const { values } = parseArgs({ options: OPTIONS })
    if (values.sizing && (values.json || values.keep)) throw new TypeError('--sizing goes with --quick alone')
    if (values.keep && values.quick) throw new TypeError('--keep goes with no --quick, which means too little')
    return values
  } catch (error) {
    console.error(
      `${(error as Error).message}\nusage: npm run bench -- [--quick | --keep] [--json], or --sizing [--quick]`,
    )
    process.exit(2)
  }
}

const values = readOptions()
const effort: Effort = values.quick === true ? { rounds: 3, slice: 2 } : { rounds: 25, slice: 30 }
/** What goes over HTTP takes longer, and differs less from round to round. */
const overHttp: Effort = { ...effort, rounds: Math.min(effort.rounds, 15) }
const begun = performance.now()

/** Says how far it is, on the line of the terminal or, elsewhere, on one of its own. */
function progress(step: string): void {
  const seconds = Math.round((performance.now() - begun) / 1000)
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${seconds} s: ${step}` : `${seconds} s: ${step}\n`)
}

if (values.sizing === true) {
  const { sizing } = await import('./sizing/sizing.ts')
  console.log(await sizing(values.quick === true, progress))
  process.exit()
}

progress('installing what it is measured against')
installPeers()
const { exchange } = await import('./exchange.ts')
const { growth } = await import('./growth.ts')
const { guards } = await import('./guards.ts')
const { home } = await import('./home.ts')
const { keptTokens } = await import('./keep.ts')
const { middleware } = await import('./middleware.ts')
const { mint } = await import('./mint.ts')
const { mintInNode } = await import('./mint_node.ts')
const { CLIENT, startOidcProvider } = await import('./oidc_provider.ts')
const { openid } = await import('./openid.ts')
const { openInNode } = await import('./open_node.ts')
const { openInWorkerd } = await import('./open_workerd.ts')
const { sizes } = await import('./size.ts')
const { weights } = await import('./weight.ts')

/** An introspection call, as a resource server without a key must make it for each request (RFC 7662). */
async function introspection(port: number): Promise<Contender> {
  const headers = {
    authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const ask = async (path: string, body: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })
    return (await response.json()) as Record<string, unknown>
  }
  const { access_token } = await ask('/token', 'grant_type=client_credentials&scope=orders:read orders:write')
  return {
    name: 'introspection',
    async run(times) {
      for (let index = 0; index < times; index++) {
        const { active } = await ask('/token/introspection', `token=${access_token}`)
        if (active !== true) throw new Error('introspection: a good token is not active')
      }
    },
  }
}

const oidc = await startOidcProvider()
const rows: Row[] = []
try {
  progress('opening in Node')
  rows.push(...(await openInNode(effort, await introspection(oidc.port))))
  progress('opening in workerd')
  rows.push(...(await openInWorkerd(effort)))
  progress('tokens seen before')
  rows.push(...(await keptTokens(effort)))
  progress('middleware')
  rows.push(...(await middleware(overHttp)))
  progress('minting')
  rows.push(...(await mint(overHttp, oidc)))
  progress('minting in Node')
  rows.push(...(await mintInNode(overHttp, oidc)))
  progress('exchanging')
  rows.push(...(await exchange(overHttp)))
  progress('logging in')
  rows.push(...(await openid(overHttp)))
  progress('sizes')
  rows.push(...(await sizes()))
  progress('growth')
  rows.push(...(await growth(effort)))
  progress('guards')
  rows.push(...(await guards(effort)))
  rows.push(...(await home(effort)))
  progress('weight')
  rows.push(...(await weights(effort)))
  progress('done\n')
} finally {
  oidc.stop()
}

const [{ model = 'unknown' } = {}, ...others] = cpus()
const names = [
  'workerd',
  'jose',
  'hono',
  'express',
  'fastify',
  'oidc-provider',
  'better-auth',
  'iron-webcrypto',
  'paseto-ts',
  'redis',
  'pg',
]
const peers = [
  'fast-jwt',
  'jsonwebtoken',
  '@fastify/jwt',
  'express-oauth2-jwt-bearer',
  '@cloudflare/workers-oauth-provider',
]
const head: Head = {
  machine: `${model}, ${others.length + 1} cores, ${process.platform}`,
  versions: {
    node: process.versions.node,
    sqlite: process.versions.sqlite ?? 'missing',
    ...versionsOf([...names, ...peers]),
  },
  rounds: effort.rounds,
  seconds: (performance.now() - begun) / 1000,
}
if (values.keep === true) {
  const { keep } = await import('./quotes.ts')
  keep({ date: new Date().toISOString().slice(0, 10), ...head, rows })
}
if (values.json === true)
  console.log(JSON.stringify({ ...head, rows: rows.map((row) => ({ ...row, met: isMet(row) })) }))
else console.log(writeTable(head, rows))
