import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { IssuerEvent } from '../../src/index.ts'
import { ENV, type Ended, ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { basic, ISSUER } from '../fixtures.ts'
import { askPort, folderOf, settingsOf, startServe } from '../parties/serve_process.ts'

const watch = (args: readonly string[], input?: string): Promise<Ended> =>
  run('node', [join(ROOT, 'src/cli/bulla.ts'), 'watch', ...args], input === undefined ? {} : { input })

let events = 0

function event(type: IssuerEvent['type'], members: Partial<IssuerEvent> = {}): IssuerEvent {
  events += 1
  return { id: `event-${events}`, time: '2026-11-26T10:00:00Z', source: ISSUER, type, outcome: 'ok', ...members }
}

const refused = (type: IssuerEvent['type'], members: Partial<IssuerEvent>): IssuerEvent =>
  event(type, { outcome: 'refused', ...members })

const DAY: readonly IssuerEvent[] = [
  event('token.issued', { client: 'shop', ms: 12, guardMs: 5, remoteMs: 130 }),
  event('token.issued', { client: 'shop', ms: 20, due: '2026-11-30T12:00:00Z' }),
  event('token.issued', { ms: 7 }),
  refused('token.refused', { time: '2026-11-26T11:59:59Z', request: 'r1', reason: 'wrong_secret', ms: 3 }),
  refused('client.failed', { time: '2026-11-26T11:59:59Z', request: 'r1', reason: 'wrong_secret' }),
  refused('code.replayed', {
    time: '2026-11-26T11:59:59.500Z',
    client: 'shop',
    gid: 'grant-1',
    reason: 'code_replayed',
  }),
]

const lines = (all: readonly unknown[]): string => all.map((one) => `${JSON.stringify(one)}\n`).join('')

/** The cells of a line of a table, or the words of any other line, by what it begins with. */
const rowIn = (text: string, begin: string): readonly string[] => {
  const rows = text.split('\n').map((line) => line.split('│').map((cell) => cell.trim()))
  return (
    rows.map((cells) => (cells.length > 1 ? cells.slice(1, -1) : cells)).find(([first]) => first?.startsWith(begin)) ??
    []
  )
}

describe('bulla watch', () => {
  it('shows tokens by client, failures by reason, what came again, how long it took, and when the keys rotate', async () => {
    const { code, out } = await watch([], lines(DAY))
    expect(code).toBe(0)
    expect(rowIn(out, 'tokens:')).toEqual(['tokens: 3 in a minute, 3 in an hour; refused or failed: 2 and 2'])
    expect(rowIn(out, 'shop')).toEqual(['shop', '2', '2'])
    expect(rowIn(out, 'no client')).toEqual(['no client', '1', '1'])
    // Two events tell of it: it failed once.
    expect(rowIn(out, 'wrong_secret')).toEqual(['wrong_secret', '1', '1'])
    expect(out).toContain('2026-11-26T11:59:59.500Z  code.replayed  client shop  grant grant-1')
    expect(out).toContain('99 of 100 within: tokens 20 ms, the guard 5 ms, others 130 ms')
    expect(out).toMatch(/^(the next rotation of the keys: in|the keys are to be rotated since) \d+\.\d days$/m)
  })

  it('writes the same for programs, a line of JSON, where nothing that draws is installed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-watch-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    for (const name of ['src', 'keys', 'package.json'])
      await cp(join(ROOT, name), join(folder, name), { recursive: true })
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    for (const name of [...Object.keys(dependencies), 'hono']) {
      await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true })
      await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
    }
    const odd = event('token.issued', { client: '__proto__\u009b', ms: 1 })
    const call = [join(folder, 'src/cli/bulla.ts'), 'watch', '--json']
    const { code, out, err } = await run('node', call, { input: lines([...DAY, odd]) })
    expect([code, err, out]).toEqual([0, '', expect.not.stringMatching(/\p{C}(?<!\n)/u)])
    const numbers = {
      ...{ tokens: 4, logins: 0, failures: 2, replays: 1, p99_ms: { token: 20, guard: 5, remote: 130 } },
      clients: Object.fromEntries([
        ['shop', 2],
        ['', 1],
        ['__proto__\u009b', 1],
      ]),
      reasons: { wrong_secret: 1, code_replayed: 1 },
    }
    expect(JSON.parse(out)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      ...{ minute: numbers, hour: numbers },
      came_again: [{ time: '2026-11-26T11:59:59.500Z', type: 'code.replayed', client: 'shop', gid: 'grant-1' }],
      rotation_due: '2026-11-30T12:00:00Z',
    })
  })

  it('writes a summary for programs: a line for each hour, and one for all', async () => {
    const { code, out } = await watch(['--json', '--summary', '-'], lines(DAY.toReversed()))
    const written = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect([code, written]).toMatchObject([
      0,
      [
        { hour: '2026-11-26T10:00:00.000Z', tokens: 3, failures: 0, p99_ms: { token: 20, guard: 5, remote: 130 } },
        { hour: '2026-11-26T11:00:00.000Z', tokens: 0, failures: 2, replays: 1, p99_ms: { token: 3 } },
        { hours: 2, tokens: 3, failures: 2, types: { 'token.issued ok': 3 }, rotation_due: '2026-11-30T12:00:00Z' },
      ],
    ])
    expect((await watch(['--json', '--summary', '-'], '{}\n')).err).toBe(
      '{"error":{"code":"refused","message":"there is no event in it"}}\n',
    )
  })

  it('writes a line for programs each ten seconds while it looks on', async () => {
    const child = spawn('node', [join(ROOT, 'src/cli/bulla.ts'), 'watch', '--json'], { env: ENV })
    onTestFinished(() => void child.kill())
    child.stdin.write(lines(DAY))
    const [first] = await once(child.stdout.setEncoding('utf8'), 'data')
    expect(JSON.parse(first)).toMatchObject({ minute: { tokens: 3 } })
  })

  it('reads what `wrangler tail --format json` makes of the same, and nothing else that stands there', async () => {
    const tail = {
      outcome: 'ok',
      scriptName: 'bulla',
      exceptions: [],
      logs: DAY.map((one) => ({ message: [JSON.stringify(one)], level: 'log', timestamp: 1_795_687_200_000 })),
      event: { request: { url: 'https://as.example/token', method: 'POST' } },
    }
    const noise = [
      'not JSON',
      '{ broken',
      '{"level":"warn","event":"token","reason":"wrong_secret"}',
      '[]',
      'null',
      '{"type":"token.issued"}',
    ]
    const text = `${noise.join('\n')}\n${JSON.stringify(tail, null, 2)}\n${noise.join('\n')}\n`
    const [plain, tailed] = await Promise.all([watch([], lines(DAY)), watch([], text)])
    expect(tailed.code).toBe(0)
    expect(tailed.out).toBe(plain.out)
  })

  it('sums a file of events up by the hour, in UTC, whatever their order', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-watch-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'events.jsonl')
    await writeFile(file, lines(DAY.toReversed()))
    const { code, out } = await watch(['--summary', file])
    expect(code).toBe(0)
    expect(rowIn(out, '2026-11-26 10:00')).toEqual(['2026-11-26 10:00', '3', '0', '0', '0', '20 ms'])
    expect(rowIn(out, '2026-11-26 11:00')).toEqual(['2026-11-26 11:00', '0', '0', '2', '1', '3 ms'])
    expect(rowIn(out, 'the next rotation')).toEqual(['the next rotation of the keys: in 4.0 days'])
    // As the page has it, in the folder where the file is.
    const [, , printed = ''] = blockOf('watching').trim().split('\n')
    const [, , ...args] = printed.split(' ')
    const asPrinted = await run('node', [join(ROOT, 'src/cli/bulla.ts'), ...args], { cwd: folder })
    expect(asPrinted.out).toBe(out)
    const piped = await watch(['--summary', '-'], lines(DAY.toReversed()))
    expect(piped.out).toBe(out)
  })

  it('shows what a real `bulla serve` writes, down to the next rotation of its ring', async () => {
    const folder = folderOf(settingsOf('http://localhost:8787'))
    const served = await startServe(folder)
    onTestFinished(async () => {
      served.process.kill()
      await served.ended
      await rm(folder, { recursive: true })
    })
    const ask = (secret: string) =>
      askPort(served.port, '/token', {
        headers: { host: 'localhost:8787', authorization: basic('service', secret) },
        form: { grant_type: 'client_credentials' },
      })
    expect([(await ask('service-secret')).status, (await ask('wrong')).status]).toEqual([200, 401])
    await served.says('"type":"token.issued"')
    await served.says('"type":"client.failed"')
    const { out } = await watch([], served.said())
    expect(rowIn(out, 'service')).toEqual(['service', '1', '1'])
    expect(rowIn(out, 'wrong_secret')).toEqual(['wrong_secret', '1', '1'])
    // A new root is primary for 90 days, and the next one due 14 days before.
    expect(rowIn(out, 'the next rotation')).toEqual(['the next rotation of the keys: in 76.0 days'])
  })

  it('counts each failure of whoever gives all requests one id', async () => {
    const failure = ['client.failed', 'token.refused'] as const
    const four = [...failure, ...failure, 'client.failed', 'client.failed'] as const
    const { out } = await watch([], lines(four.map((type) => refused(type, { request: 'r1', reason: 'wrong_secret' }))))
    expect(rowIn(out, 'wrong_secret')).toEqual(['wrong_secret', '4', '4'])
  })

  it('goes on whatever else somebody writes where events are', async () => {
    const odd = [
      { ...refused('code.replayed', { reason: 'code_replayed' }), time: 2026 },
      { ...refused('code.replayed', { reason: 'code_replayed' }), time: ['2026'] },
      { ...refused('code.replayed', {}), client: 1, gid: [], reason: {}, request: { toString: 1 }, due: {}, ms: '1' },
    ]
    const { code, out } = await watch([], lines([...odd, ...DAY]))
    expect(code).toBe(0)
    expect(rowIn(out, 'tokens:')).toEqual(['tokens: 3 in a minute, 3 in an hour; refused or failed: 3 and 3'])
  })

  // promise: O14
  it('does nothing that a name says to a terminal', async () => {
    const { out } = await watch([], lines([event('token.issued', { client: '\u001b[2Jgone\u202e' })]))
    expect(rowIn(out, String.raw`\u{1b}[2Jgone\u{202e}`)).toHaveLength(3)
    expect(out).not.toMatch(/\p{C}(?<!\n)/u)
  })

  it('says what is missing: a file, an event', async () => {
    const [nowhere, empty] = await Promise.all([
      watch(['--summary', '/nowhere/events']),
      watch(['--summary', '-'], '{}\n'),
    ])
    expect([nowhere.code, nowhere.err.trim()]).toEqual([
      1,
      'bulla: /nowhere/events cannot be read: ENOENT, it is not there',
    ])
    expect([empty.code, empty.err.trim()]).toEqual([1, 'bulla: there is no event in it'])
  })

  it('keeps counts alone, however many clients there are', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) =>
      event('token.issued', { client: `client-${index}`, ms: index }),
    )
    const { code, out } = await watch([], lines(many))
    expect(code).toBe(0)
    expect(rowIn(out, 'tokens:')).toEqual(['tokens: 20000 in a minute, 20000 in an hour; refused or failed: 0 and 0'])
    // A stretch of ten seconds counts 5000 apart, and they may have come in two.
    expect(rowIn(out, '…')).toEqual(['…', expect.stringMatching(/^1[05]000$/), expect.stringMatching(/^1[05]000$/)])
    expect(rowIn(out, 'and 4989 more')).toHaveLength(3)
  })
})
