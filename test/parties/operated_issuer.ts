/**
 * An issuer as its operator has it: `bulla serve` in a folder with the ring, whose secrets lie where it reads them. The commands of the
 * docs run in that folder, and put secrets there.
 *
 * @module
 */

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { type Ring, writeRing } from '../../keys/index.ts'
import { ENV, type Ended, ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { ISSUER, secretHash } from '../fixtures.ts'
import { DRIVE_VARS } from './drive/settings.ts'
import { askAt } from './drive/transport.ts'
import { freePort } from './live_issuer.ts'
import type { Ask } from './person.ts'
import { endProcess } from './processes.ts'
import { folderOf, type ServeProcess, startServe } from './serve_process.ts'

/**
 * On the machine of the docs these are programs of others; here each does with a secret what it does there: it lies where the issuer reads
 * it, or where GitHub keeps it, and the issuer takes what is new. A file `broken` is the network that fails, `lost` a secret that is
 * taken and never arrives.
 */
const PROGRAMS: Readonly<Record<string, string>> = {
  npm: '[ "$1 $2 $3 $4" = "run -s bulla --" ] || exit 64; shift 4; exec bulla "$@"',
  npx: 'exec "$@"',
  bulla: `exec node ${join(ROOT, 'src/cli/bulla.ts')} "$@"`,
  reload: 'for pid in $(cat "$AUTH/pids"); do kill -HUP "$pid" || true; done',
  systemctl: '[ "$1" = reload ] || exit 64; exec reload',
  wrangler: `[ ! -e "$AUTH/broken" ] || exit 1
[ ! -e "$AUTH/lost" ] || exit 0
case "$1 $2" in
  "secret put") cat > "$AUTH/secrets/$3.new" && mv "$AUTH/secrets/$3.new" "$AUTH/secrets/$3" ;;
  "secret delete") : > "$AUTH/secrets/$3" ;;
  "deploy ") ;;
  *) exit 64 ;;
esac
exec reload`,
  gh: '[ "$1 $2 $4 $5" = "secret set --env production" ] || exit 64; cat > "$AUTH/kept/$3"',
}

/** An issuer and its operator. */
export interface OperatedIssuer {
  readonly folder: string
  /** Its URL, which stands in the place of the docs' own. */
  readonly issuer: string
  /** Asks it, by its own URL or by that of the tests. */
  readonly ask: Ask
  /** Runs words of the docs in a shell that ends with the first that fails. */
  shell(words: string, env?: NodeJS.ProcessEnv): Promise<Ended>
  /** Runs a block of the docs; `change` puts in what its reader puts in. */
  runBlock(name: string, change?: (text: string) => string): Promise<Ended>
  /** Returns a secret as the issuer has it. */
  secret(name: 'KEY_RING' | 'KEY_RING_NEXT'): Promise<string>
  /** Starts another process of it: with its own secrets in the folder `secrets`, and another guard, if they are given. */
  another(options?: { readonly secrets?: string; readonly guard?: string }): Promise<ServeProcess>
  /** Asks another process for what is named by the issuer's URL. */
  askAnother(process: ServeProcess): Ask
  stop(): Promise<void>
}

/** Starts an issuer by the settings of the drive, with a client `ops` that may revoke; `guard` is the URL of one, else it has a file. */
export async function startOperatedIssuer(ring: Ring, guard = ''): Promise<OperatedIssuer> {
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const ops = { kind: 'operator', secret_hash: secretHash('ops-secret') }
  const vars = { ...DRIVE_VARS, ISSUER: issuer, CLIENTS: { ...DRIVE_VARS.CLIENTS, ops } }
  const folder = folderOf(JSON.stringify({ vars }))
  for (const name of ['bin', 'kept', 'secrets']) await mkdir(join(folder, name))
  for (const [name, does] of Object.entries(PROGRAMS)) {
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${does}\n`)
    await chmod(join(folder, 'bin', name), 0o755)
  }
  await writeFile(join(folder, 'ops.secret'), 'ops-secret')
  for (const file of ['ring.json', 'secrets/KEY_RING', 'kept/KEY_RING'])
    await writeFile(join(folder, file), `${writeRing(ring)}\n`, { mode: 0o600 })
  await writeFile(join(folder, 'secrets/KEY_RING_NEXT'), '')

  const processes: ServeProcess[] = []
  async function start(at: number, secrets: string, url: string): Promise<ServeProcess> {
    const env = {
      GUARD_URL: url,
      KEY_RING_FILE: join(secrets, 'KEY_RING'),
      KEY_RING_NEXT_FILE: join(secrets, 'KEY_RING_NEXT'),
    }
    const started = await startServe(folder, { port: at, env })
    if (started.process.exitCode !== null) throw new Error(started.said())
    processes.push(started)
    await writeFile(join(folder, 'pids'), processes.map(({ process }) => process.pid).join('\n'))
    return started
  }
  /** Asks what listens to a port for what is the issuer's, under its name, as a proxy does. */
  const asking = (at: number): Ask => {
    const reach = askAt(at)
    return async (request) => {
      const { method, headers } = request
      const body = method === 'POST' ? { body: await request.text() } : {}
      return reach(new Request(request.url.replace(ISSUER, issuer), { method, headers, ...body }))
    }
  }
  const shell: OperatedIssuer['shell'] = (words, env = {}) => {
    const PATH = [join(folder, 'bin'), ENV['PATH']].join(delimiter)
    return run('bash', ['-euo', 'pipefail', '-c', words], { cwd: folder, env: { PATH, AUTH: folder, ...env } })
  }
  await start(port, 'secrets', guard)
  return {
    folder,
    issuer,
    ask: asking(port),
    shell,
    runBlock: (name, change = (text) => text) =>
      shell(change(blockOf(name).replaceAll('https://auth.example.com', issuer).replaceAll('/srv/auth', folder))),
    secret: async (name) => (await readFile(join(folder, 'secrets', name), 'utf8')).trim(),
    another: ({ secrets = 'secrets', guard: other = guard } = {}) => start(0, secrets, other),
    askAnother: ({ port: other }) => asking(other),
    async stop() {
      await Promise.all(processes.map(({ process }) => endProcess(process, 'SIGKILL')))
    },
  }
}
