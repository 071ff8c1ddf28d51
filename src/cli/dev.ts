/**
 * `npm run dev`: the issuer by `wrangler dev` on this machine, with a ring of its own in `.dev.vars`.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadRing, refusalAt } from '../../keys/index.ts'
import { takeOption } from './arguments.ts'
import { Refusal } from './command.ts'
import { completeVars } from './dev_vars.ts'
import { readVariable } from './dotenv_file.ts'
import { makeRsaKey } from './rsa_key.ts'
import { readTextFile, replaceFile, writeNewFile } from './secret_file.ts'

const ROOT = dirname(dirname(import.meta.dirname))
const DEV_VARS = join(ROOT, '.dev.vars')
const now = Math.floor(Date.now() / 1000)

/** Returns a key pair for the partner's API: P-256, as a JWK. */
function makePartnerKey(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kid: 'partner-1', use: 'enc' }
}

/** Adds to `.dev.vars` what it lacks, and tells what is wrong with the ring in it. */
async function prepareVars(): Promise<void> {
  const isThere = existsSync(DEV_VARS)
  const before = isThere ? await readTextFile(DEV_VARS) : '# Made by `npm run dev`, for this machine alone.\n'
  const { text, written } = completeVars(before, { now, random: () => randomBytes(32), makeRsaKey, makePartnerKey })
  if (written.length > 0) {
    await (isThere ? replaceFile(DEV_VARS, before, text) : writeNewFile(DEV_VARS, text))
    console.log(`Wrote ${written.join(', ')} into .dev.vars.`)
  }
  const [ring, next] = [readVariable(text, 'KEY_RING'), readVariable(text, 'KEY_RING_NEXT')]
  const loaded = loadRing({ ring, next }, { now })
  const refusal = loaded.ok ? refusalAt(loaded, now) : loaded
  if (refusal === undefined) return
  console.error(`The ring in .dev.vars cannot be used: ${refusal.detail} (${refusal.reason}).`)
  console.error(
    'The issuer will answer 503. Mend KEY_RING there, or delete that line, and the next start makes a new ring.',
  )
}

/** Returns what to paste into a second terminal. */
function quickStart(issuer: string): string {
  const resource = 'https://api.example.com'
  return `
Bulla is ready at ${issuer}: open it in a browser, and press the button.

An app that asks who logged in takes that address, the client demo-rp and the secret demo-rp-secret (docs/guides/openid.md).

Clients that nobody configured may walk in (docs/guides/registration.md): one of MCP needs the URL of its server, and nothing else.

Get a token for a service, by curl:

  curl -s -u demo-service:demo-secret ${issuer}/token \\
    -d grant_type=client_credentials -d resource=${resource} -d scope=orders:read

The same, and open it offline with the ring in .dev.vars:

  curl -s -u demo-service:demo-secret ${issuer}/token \\
    -d grant_type=client_credentials -d resource=${resource} -d scope=orders:read |
    npm run -s bulla -- token inspect --keys .dev.vars --issuer ${issuer} --resource ${resource}
`
}

/** Tells whether the issuer answers, well or not. */
async function isUp(issuer: string): Promise<boolean> {
  return fetch(`${issuer}/healthz`).then(
    () => true,
    () => false,
  )
}

const { value = '8787', others } = takeOption(process.argv.slice(2), 'port')
const port = /^[0-9]+$/.test(value) ? Number(value) : Number.NaN
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error('"--port" expected a number from 1 to 65535')
  process.exit(2)
}
const issuer = `http://localhost:${port}`
if (await isUp(issuer)) {
  console.error(`Port ${port} is taken. Stop what runs there, or: npm run dev -- --port ${port + 1}`)
  process.exit(1)
}
try {
  await prepareVars()
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(`.dev.vars cannot be used: ${error.message}`)
  process.exit(1)
}
const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
const args = [
  wrangler,
  'dev',
  '--port',
  String(port),
  '--local-upstream',
  new URL(issuer).host,
  '--var',
  `ISSUER:${issuer}`,
  ...others,
]
const quiet = { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }
const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: { ...quiet, ...process.env } })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 0))
while (!(await isUp(issuer))) await new Promise((resolve) => setTimeout(resolve, 250))
console.log(quickStart(issuer))
