/**
 * A rotation that nobody has to think of: the recipes of the docs for GitHub, cron and a Worker, step by step, at an issuer that runs.
 *
 * @module
 */

import { readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parse } from 'smol-toml'
import { afterEach, describe, expect, it } from 'vitest'
import { createRing, type Ring, readRing, rotateRing, writeRing } from '../../keys/index.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { testKey } from '../fixtures.ts'
import { type OperatedIssuer, startOperatedIssuer } from '../parties/operated_issuer.ts'
import { startWorker } from '../parties/workerd.ts'

const DAY = 86_400
const now = Math.floor(Date.now() / 1000)

/** A ring whose only root is to be followed by another one. */
const due = createRing({ now: now - 31 * DAY, key: testKey() })

/** A step of the action, as YAML has it. */
interface ActionStep {
  readonly uses?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}

let live: OperatedIssuer | undefined
afterEach(() => live?.stop())

async function start(ring: Ring): Promise<OperatedIssuer> {
  live = await startOperatedIssuer(ring)
  return live
}
const kidsIn = (text: string): readonly string[] => {
  const reading = readRing(text)
  return reading.ok ? reading.ring.roots.map(({ kid }) => kid) : []
}
const fileOf = (there: OperatedIssuer, file: string) => readFile(join(there.folder, file), 'utf8')

/** Waits until the issuer works with just these roots. */
const serves = (there: OperatedIssuer, kids: readonly string[]) =>
  expect
    .poll(async () => {
      const { keys } = (await (await fetch(`${there.issuer}/healthz`)).json()) as { keys: { kid: string }[] }
      return keys.map(({ kid }) => kid)
    })
    .toEqual(kids)

describe('a rotation by itself, on GitHub', () => {
  /** Returns the workflow as a parser of YAML reads it: Ruby's, whose `on` is true. */
  async function readWorkflow() {
    const script = 'puts JSON.generate(YAML.load(STDIN.read))'
    const { out } = await run('ruby', ['-ryaml', '-rjson', '-e', script], { input: blockOf('rotate-action') })
    return JSON.parse(out) as {
      readonly true: { readonly schedule: readonly { readonly cron: string }[] }
      readonly concurrency: string
      readonly jobs: { readonly rotate: { readonly steps: readonly ActionStep[] } }
    }
  }

  /** Runs the workflow as GitHub does: a machine that has nothing, each step after the other, until one fails. */
  async function runWorkflow(there: OperatedIssuer): Promise<readonly Ended[]> {
    const { steps } = (await readWorkflow()).jobs.rotate
    await rm(join(there.folder, 'ring.json'), { force: true })
    const ended: Ended[] = []
    for (const { run: line = '', env = {} } of steps.filter(({ run: line = 'npm ci' }) => line !== 'npm ci')) {
      const secret = (await fileOf(there, 'kept/KEY_RING')).trim()
      const own = Object.entries(env).map(([name, value]) => [
        name,
        value.replace(
          /^\$\{\{ secrets\.(\w+) \}\}$/,
          (_, of) => ({ KEY_RING: secret, OPS_SECRET: 'ops-secret' })[of as string] ?? `the ${of}`,
        ),
      ])
      ended.push(await there.shell(line.replaceAll('https://auth.example.com', there.issuer), Object.fromEntries(own)))
      if (ended.at(-1)?.code !== 0) break
    }
    return ended
  }

  it('is a workflow that never runs beside itself, once a week', async () => {
    const { concurrency, true: on } = await readWorkflow()
    expect([concurrency, on.schedule]).toEqual(['rotate', [{ cron: expect.stringMatching(/^\d+ \d+ \* \* 1$/) }]])
  })

  it('stages the next root, keeps the ring, and gives it to the issuer; the next week there is nothing to do', async () => {
    const there = await start(due)
    const ended = await runWorkflow(there)
    expect(ended.map(({ code, err }) => [code, code === 0 ? '' : err])).toEqual(ended.map(() => [0, '']))
    expect(ended.at(-1)?.out).toMatch(/✓ rotation due/)
    const kids = kidsIn(await there.secret('KEY_RING'))
    expect(kids).toHaveLength(2)
    expect(await fileOf(there, 'kept/KEY_RING')).toBe(await fileOf(there, 'secrets/KEY_RING'))
    expect((await stat(join(there.folder, 'ring.json'))).mode & 0o777).toBe(0o600)
    await serves(there, kids)
    // No key is in what it says, which GitHub keeps for all of the repository's people.
    const reading = readRing(await there.secret('KEY_RING'))
    const said = ended.map(({ out, err }) => out + err).join('')
    for (const { k } of reading.ok ? reading.ring.roots : [])
      expect(said).not.toContain(Buffer.from(k).toString('base64url'))
    expect((await runWorkflow(there)).at(-1)?.code).toBe(0)
    expect(kidsIn(await fileOf(there, 'kept/KEY_RING'))).toEqual(kids)
  })

  // promise: O13
  it('goes on where a run was stopped half-way: the issuer gets the root that is kept, and no other', async () => {
    const there = await start(due)
    await writeFile(join(there.folder, 'broken'), '')
    expect((await runWorkflow(there)).at(-1)?.code).toBe(1)
    const kept = kidsIn(await fileOf(there, 'kept/KEY_RING'))
    expect([kept.length, kidsIn(await there.secret('KEY_RING')).length]).toEqual([2, 1])
    await rm(join(there.folder, 'broken'))
    expect((await runWorkflow(there)).at(-1)?.code).toBe(0)
    await serves(there, kept)
  })

  it('is red where the issuer has not taken the ring: for it the rotation is overdue', async () => {
    const there = await start(createRing({ now: now - 80 * DAY, key: testKey() }))
    await writeFile(join(there.folder, 'lost'), '')
    const ended = await runWorkflow(there)
    expect(ended.at(-1)).toMatchObject({ code: 1, out: expect.stringMatching(/✗ rotation due +overdue since/) })
    await rm(join(there.folder, 'lost'))
    expect(await there.shell('npx wrangler secret put KEY_RING < ring.json')).toMatchObject({ code: 0 })
    await serves(there, kidsIn(await fileOf(there, 'kept/KEY_RING')))
    expect((await runWorkflow(there)).at(-1)?.code).toBe(0)
  })

  it('stops where the doctor is not content, before anything is kept or given away', async () => {
    const rotation = rotateRing(due, { now: now - 60, key: testKey(5) })
    if (!rotation.ok) throw new Error(rotation.detail)
    const [first, second] = rotation.ring.roots
    if (first === undefined || second === undefined) throw new Error('there are two roots')
    // Between the two nothing could be sealed.
    const gap = { ...rotation.ring, roots: [{ ...first, end: now + 1200 }, second] }
    const there = await start(due)
    await writeFile(join(there.folder, 'kept/KEY_RING'), writeRing(gap))
    const ended = await runWorkflow(there)
    expect(ended.at(-1)).toMatchObject({ code: 1, out: expect.stringContaining('no root is primary from') })
    expect([await fileOf(there, 'kept/KEY_RING'), kidsIn(await there.secret('KEY_RING'))]).toEqual([
      writeRing(gap),
      kidsIn(writeRing(due)),
    ])
  })
})

describe('a rotation by itself, by cron', () => {
  /** Puts the script where cron finds it, and returns what cron runs. */
  async function install(there: OperatedIssuer): Promise<string> {
    const own = (text: string) =>
      text.replaceAll('https://auth.example.com', there.issuer).replaceAll('/srv/auth', there.folder)
    await writeFile(join(there.folder, 'rotate.sh'), own(blockOf('rotate-script')))
    // `bulla serve` reads the very file that is rotated.
    await rm(join(there.folder, 'secrets/KEY_RING'))
    await symlink(join(there.folder, 'ring.json'), join(there.folder, 'secrets/KEY_RING'))
    const [, line = ''] = /^\d+ \d+ \* \* 1 (.*)$/m.exec(own(blockOf('rotate-crontab'))) ?? []
    expect(line).not.toBe('')
    return line
  }

  it('adds one root, be it run twice at once, and the processes take it', async () => {
    const there = await start(due)
    const line = await install(there)
    const ended = await Promise.all([there.shell(line), there.shell(line)])
    expect(ended.map(({ code, err }) => [code, code === 0 ? '' : err])).toEqual(ended.map(() => [0, '']))
    const kids = kidsIn(await fileOf(there, 'ring.json'))
    expect(kids).toHaveLength(2)
    await serves(there, kids)
  })

  // promise: O13
  it('adds one root, and loses none, where two run at once without a lock', async () => {
    const there = await start(due)
    await install(there)
    const ended = await Promise.all([there.shell('sh rotate.sh'), there.shell('sh rotate.sh')])
    expect(ended.map(({ code }) => code)).toContain(0)
    const kids = kidsIn(await fileOf(there, 'ring.json'))
    expect([kids.length, kids[0]]).toEqual([2, due.roots[0]?.kid])
    expect(await there.shell('sh rotate.sh')).toMatchObject({ code: 0 })
    expect(kidsIn(await fileOf(there, 'ring.json'))).toEqual(kids)
  })
})

describe('a rotation by itself, by a Cron Trigger', () => {
  /** What stands for Cloudflare's API: a secret that is put there is the Worker's, or the issuer's. */
  async function startApi(there: OperatedIssuer) {
    const copies: string[] = []
    let isDown = false
    const server = createServer((incoming, outgoing) => {
      void text(incoming).then(async (body) => {
        const script = /^\/client\/v4\/accounts\/0123456789abcdef\/workers\/scripts\/([\w-]+)\/secrets$/.exec(
          incoming.url ?? '',
        )?.[1]
        const put = JSON.parse(body)
        const isRight = incoming.method === 'PUT' && incoming.headers.authorization === 'Bearer the token'
        if (!isRight || put.name !== 'KEY_RING' || put.type !== 'secret_text') return outgoing.writeHead(400).end()
        if (script === 'bulla-rotate') copies.push(put.text)
        if (script === 'bulla' && isDown) return outgoing.writeHead(503).end()
        if (script === 'bulla') await writeFile(join(there.folder, 'secrets/KEY_RING'), put.text)
        if (script === 'bulla') await there.shell('reload')
        return outgoing.writeHead(200).end('{}')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return {
      url: `http://127.0.0.1:${port}`,
      copies,
      down: (is: boolean) => {
        isDown = is
      },
      stop: () => server.close(),
    }
  }

  /** Runs the program of the docs in workerd, at its minute, with a copy of the ring; returns what is wrong, if anything is. */
  async function runAtItsMinute(there: OperatedIssuer, api: string, ring: string): Promise<string> {
    const { main, vars } = parse(blockOf('rotate-worker-toml')) as { main: string; vars: Record<string, string> }
    const program = blockOf('rotate-worker').replace('bulla/keys', join(ROOT, 'keys/index.ts'))
    await writeFile(join(there.folder, main), program)
    const source = `import rotate from ${JSON.stringify(join(there.folder, main))}
const own = globalThis.fetch
globalThis.fetch = (url, init) => own(url.replace('https://api.cloudflare.com', ${JSON.stringify(api)}), init)
export default {
  fetch: (request, env) => new URL(request.url).pathname === '/'
    ? new Response('there')
    : rotate.scheduled({}, env).then(() => new Response('done'), ({ message }) => new Response(message)),
}`
    const bindings = { ...vars, ISSUER: there.issuer, KEY_RING: ring, API_TOKEN: 'the token' }
    const worker = await startWorker(source, bindings)
    try {
      return await (await fetch(`${worker.url}/run`)).text()
    } finally {
      await worker.stop()
    }
  }

  it('stages the next root, and goes on where it was stopped: its own copy comes first', async () => {
    const there = await start(due)
    const api = await startApi(there)
    try {
      api.down(true)
      expect(await runAtItsMinute(there, api.url, writeRing(due))).toBe('bulla did not take the ring: 503')
      const [copy = ''] = api.copies
      expect([kidsIn(copy).length, kidsIn(await there.secret('KEY_RING')).length]).toEqual([2, 1])
      api.down(false)
      expect(await runAtItsMinute(there, api.url, copy)).toBe('done')
      expect(kidsIn(await there.secret('KEY_RING'))).toEqual(kidsIn(copy))
      await serves(there, kidsIn(copy))
    } finally {
      api.stop()
    }
  })

  it('stops where the ring is not sound, before anybody has it', async () => {
    const there = await start(due)
    const api = await startApi(there)
    const [root] = due.roots
    if (root === undefined) throw new Error('there is a root')
    const ending = { ...due, roots: [{ ...root, pub: now - 60, use: now - 60, end: now + 1200 }] }
    try {
      const said = await runAtItsMinute(there, api.url, writeRing(ending))
      expect([said, api.copies]).toEqual([expect.stringContaining('no root is primary from'), []])
    } finally {
      api.stop()
    }
  })
})
