/**
 * A home of a person's own, in which programs run that are agents, with a browser that they open by the command of the desktop.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ENV, type Ended } from '../../checkout.ts'
import type { Arrival } from '../visitor.ts'
import type { Place } from './place.ts'

/** A person's home. */
export interface Home {
  readonly folder: string
  /** What programs there find in their environment. */
  readonly env: Readonly<Record<string, string>>
  /** Where the person ended each time that a program opened the browser. */
  readonly arrivals: Arrival[]
  /** Calls what ends a program, when its person cannot go on in the browser; returns what forgets that. */
  onDeadEnd(end: () => void): () => void
  /** Runs a program to its end; one that has none, or whose person cannot go on, is ended. */
  run(file: string, args: readonly string[], more?: Readonly<Record<string, string>>): Promise<Ended>
  /** Replaces a text in every file that a program keeps there. */
  replace(from: string, to: string): Promise<number>
  leave(): Promise<void>
}

/** Milliseconds after which a program is ended. */
const LONGEST = 40_000

/** Waits until somebody listens at a port of this machine. */
async function listening({ hostname, port }: URL): Promise<void> {
  for (const end = Date.now() + LONGEST; Date.now() < end; ) {
    const socket = connect(Number(port), hostname)
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Opens a home. */
export async function openHome({ person }: Pick<Place, 'person'>): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'bulla-home-'))
  const arrivals: Arrival[] = []
  const ends = new Set<() => void>()
  const visits = createServer(async ({ url = '' }, response) => {
    response.end()
    const to = new URL(url, 'http://localhost').searchParams.get('url') ?? ''
    const redirectUri = new URL(to).searchParams.get('redirect_uri') ?? to
    const lost = (error: unknown): Arrival => ({ url: new URL(to), status: 0, text: String(error) })
    const go = async (): Promise<Arrival> => {
      const left = await person.visit(to, (at) => (at.href.startsWith(redirectUri) ? undefined : at))
      if (left.status !== 0) return left
      // Some programs open the browser before they listen: no person is as quick as this one.
      await listening(left.url)
      return person.visit(left.url.href)
    }
    const arrival = await go().catch(lost)
    arrivals.push(arrival)
    if (arrival.status !== 200) for (const end of ends) end()
  })
  await once(visits.listen(0, '127.0.0.1'), 'listening')
  const { port } = visits.address() as AddressInfo
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const opener = join(bin, 'xdg-open')
  const script = `#!/bin/sh\nexec curl -s -G --data-urlencode "url=$1" "http://127.0.0.1:${port}/"\n`
  await writeFile(opener, script)
  await chmod(opener, 0o755)
  const env = {
    ...{ HOME: folder, PATH: [bin, ENV['PATH']].join(delimiter), BROWSER: opener },
    ...{ XDG_CONFIG_HOME: '', XDG_DATA_HOME: '', XDG_STATE_HOME: '', XDG_CACHE_HOME: '', XDG_CURRENT_DESKTOP: '' },
  }
  const files = async (): Promise<readonly string[]> =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.parentPath !== bin)
      .map((entry) => join(entry.parentPath, entry.name))
  const onDeadEnd = (end: () => void): (() => void) => {
    ends.add(end)
    return () => ends.delete(end)
  }
  return {
    folder,
    env,
    arrivals,
    onDeadEnd,
    async run(file, args, more = {}) {
      const child = spawn(file, args, {
        ...{ cwd: folder, env: { ...env, ...more }, timeout: LONGEST },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const forget = onDeadEnd(() => void child.kill())
      const ended = once(child, 'close') as Promise<[number | null]>
      const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
      forget()
      return { code, out, err }
    },
    async replace(from, to) {
      let times = 0
      for (const file of await files()) {
        const before = await readFile(file, 'utf8')
        if (!before.includes(from)) continue
        await writeFile(file, before.replaceAll(from, to))
        times += 1
      }
      return times
    },
    async leave() {
      visits.closeAllConnections()
      visits.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
