import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { terminalOf } from '../../src/cli/terminal.ts'
import { ROOT } from '../checkout.ts'
import { bullaHere } from './here.ts'
import { atTerminal } from './terminal.ts'

/** How a line of progress is taken away. */
const CLEAR = '\r\u001b[K'
const COMMAND = `node ${join(ROOT, 'src/cli/bulla.ts')}`
const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulla-mistakes-'))
  const { out } = await bullaHere(['keys', 'init'])
  await writeFile(join(folder, 'ring.json'), out)
})

describe('who mistypes or guesses', () => {
  it.each([
    ['key rotate', 'bulla keys rotate'],
    ['rotate', 'bulla keys rotate'],
    ['rotate keys', 'bulla keys rotate'],
    ['keys roate', 'bulla keys rotate'],
    ['keys list', 'bulla keys show'],
    ['keys generate', 'bulla keys init'],
    ['tokens inspect', 'bulla token inspect'],
    ['decode', 'bulla token inspect'],
    ['client create app', 'bulla client new'],
    ['start', 'bulla serve'],
    ['serv', 'bulla serve'],
    ['validate', 'bulla check'],
    ['keys rotate ring.json', 'bulla keys rotate --ring ring.json'],
    ['serve settings.toml', 'bulla serve --settings settings.toml'],
    ['keys revoke r1 ring.json', 'bulla keys revoke r1 --ring ring.json'],
    ['check wrangler.toml', 'bulla check --settings wrangler.toml'],
    ['keys rotate help', 'bulla keys rotate --help'],
    ['kesy', 'bulla keys'],
    ['keys show --rin ring.json', '--ring'],
    ['keys show --rnig ring.json', '--ring'],
    ['keys show --ring x --jsn', '--json'],
  ])('bulla %s reads what was meant', async (line, meant) => {
    const { code, out, err } = await bullaHere(line.split(' '))
    expect([code, out, err.split('\n')[1]]).toEqual([2, '', `did you mean: ${meant}`])
    const told = await bullaHere([...line.split(' '), '--json'])
    expect([told.code, told.out, JSON.parse(told.err).error]).toMatchObject([2, '', { code: 'usage', meant }])
  })

  it('is told nothing where nobody can tell', async () => {
    expect((await bullaHere(['xyzzy'])).err).toBe('bulla: there is no such command\ntry: bulla help\n')
  })

  it('reads an example where something lacks', async () => {
    const { err } = await bullaHere(['serve'])
    const [{ example } = { example: { line: '' } }] = COMMANDS.filter(({ call }) => call === 'serve')
    expect(err).toBe(`bulla: --settings is missing\ntry: bulla serve --help\nlike: ${example.line}\n`)
  })

  it.each(['--version', '-v', '-V', 'version'])('asks for the version by %s', async (word) => {
    expect(await bullaHere([word])).toEqual({ code: 0, out: `${version}\n`, err: '' })
    expect(JSON.parse((await bullaHere([word, '--json'])).out)).toMatchObject({ version })
  })

  it('asks for help in any place', async () => {
    const { out } = await bullaHere(['keys', 'rotate', '--help'])
    for (const words of [
      ['help', 'keys', 'rotate'],
      ['keys', 'rotate', '-h'],
    ])
      expect((await bullaHere(words)).out).toBe(out)
    expect((await bullaHere(['help', 'keys'])).out).toBe((await bullaHere(['keys', '--help'])).out)
    expect(JSON.parse((await bullaHere(['help', '--json'])).out)).toHaveLength(COMMANDS.length)
  })

  it.each([
    ['a file that is not there', 'nowhere.json', 'ENOENT, it is not there'],
    ['a folder', '.', 'EISDIR, it is a folder'],
    ['a file below a file', 'ring.json/x', 'ENOTDIR, it is not there'],
  ])('names %s', async (_, file, why) => {
    const path = join(folder, file)
    const { code, out, err } = await bullaHere(['keys', 'show', '--ring', path])
    expect([code, out, err]).toEqual([1, '', `bulla: cannot read ${path}: ${why}\n`])
    const told = await bullaHere(['keys', 'show', '--ring', path, '--json'])
    expect(JSON.parse(told.err)).toEqual({ error: { code: 'refused', message: `cannot read ${path}: ${why}` } })
  })
})

describe('--json', () => {
  it.each([
    ['keys doctor --ring RING', { ok: true, faults: [] }],
    ['subject --provider https://login.example --sub x', { sub: expect.any(String) }],
    ['client keys', { REGISTRATION_KEYS: expect.stringMatching(/^[\w-]{43}$/) }],
    ['guard schema --dialect sqlite', { dialect: 'sqlite', sql: expect.stringContaining('CREATE TABLE') }],
    [`check --settings ${join(ROOT, 'wrangler.toml')}`, { ok: true, faults: [], file: join(ROOT, 'wrangler.toml') }],
    ['check --settings BAD', { ok: false, faults: [expect.any(String)] }],
  ])('%s', async (line, expected) => {
    await writeFile(join(folder, 'bad.json'), '{"vars":{"ISSUER":"nobody"}}')
    const words = line.replace('RING', join(folder, 'ring.json')).replace('BAD', join(folder, 'bad.json')).split(' ')
    const { code, out } = await bullaHere([...words, '--json', ...(line.startsWith('subject') ? ['--unknown'] : [])])
    expect(JSON.parse(out)).toMatchObject(expected)
    expect(code).toBe('ok' in expected && !expected.ok ? 1 : 0)
  })

  it('says of a rotation in place whether there was one', async () => {
    const file = join(folder, 'rotated.json')
    await writeFile(file, await readFile(join(folder, 'ring.json')))
    const rotate = ['keys', 'rotate', '--ring', file, '--in-place', '--json']
    const early = await bullaHere([...rotate, '--every', '9999'])
    expect(JSON.parse(early.out)).toMatchObject({ rotated: false, why: expect.stringContaining('is ') })
    expect(JSON.parse((await bullaHere(rotate)).out)).toMatchObject({ rotated: true, kid: expect.any(String) })
  })
})

describe('what a terminal is', () => {
  const tty = { isTTY: true, columns: 80 }
  const pipe = { isTTY: false, columns: 80 }
  it.each([
    ['a terminal', tty, { TERM: 'xterm-256color' }, true],
    ['one whose person wants none', tty, { TERM: 'xterm-256color', NO_COLOR: '1' }, false],
    ['a dumb one', tty, { TERM: 'dumb' }, false],
    ['a pipe', pipe, { TERM: 'xterm-256color' }, false],
    ['a pipe that is told to', pipe, { FORCE_COLOR: '1' }, true],
    ['CI that says none', pipe, { FORCE_COLOR: '0' }, false],
  ])('%s has its colours', (_, stream, env, isColoured) => {
    expect(terminalOf(stream, env).paint.fault('x') !== 'x').toBe(isColoured)
  })

  it.each([30, 40, 60, 100])(
    'of %i columns has no line that is longer, but of words that cannot be parted',
    async (columns) => {
      const terminal = terminalOf({ isTTY: true, columns }, { NO_COLOR: '1' })
      for (const words of [['help'], ['keys', '--help'], ['serve', '--help']]) {
        const lines = (await bullaHere(words, { terminal })).out.split('\n')
        const long = lines.filter(
          (line) => line.length > columns && !line.startsWith('  $ ') && / \S+ \S/.test(line.trim()),
        )
        expect(long).toEqual([])
      }
    },
  )

  it('without UTF-8 gets letters that it has, and a pipe what was meant', () => {
    expect(terminalOf(tty, { LANG: 'C' }).spell('✓ “…”')).toBe('+ “...”')
    expect([terminalOf(pipe, { LANG: 'C' }), terminalOf(tty, {})].map(({ spell }) => spell('✓…'))).toEqual(['✓…', '✓…'])
  })
})

describe('at a terminal', () => {
  it('a command that waits for what is typed says so', async () => {
    const session = atTerminal(`${COMMAND} keys doctor --ring -`, { cwd: folder })
    await session.shows('waiting for stdin: type or paste it, then press Enter and Ctrl-D')
    session.type(`${await readFile(join(folder, 'ring.json'), 'utf8')}\n\u0004`)
    await session.shows('the ring is sound')
    expect(await session.ended).toBe(0)
  })

  it('a fault is red, and data are as they are', async () => {
    const session = atTerminal(`${COMMAND} nope; ${COMMAND} keys show --ring ring.json`, { cwd: folder })
    await session.ended
    expect(session.shown()).toContain('\u001b[31mbulla:\u001b[39m there is no such command')
    // On a slow machine a line of progress was there before, and is cleared.
    const lines = session.shown().replaceAll(CLEAR, '\n').split(/\r?\n/)
    expect(lines).toContainEqual(expect.stringMatching(/^kid +kind/))
  })

  it('what takes its time says so, and an interrupt ends it and its line', async () => {
    const server = createServer(() => {})
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const session = atTerminal(`exec ${COMMAND} doctor --issuer http://127.0.0.1:${port}`, { cwd: folder })
    await session.shows(`${CLEAR}bulla doctor, 1 s`)
    session.type('\u0003')
    expect(await session.ended).not.toBe(0)
    expect(session.shown().split(CLEAR).at(-1)).not.toContain('bulla')
    server.closeAllConnections()
  })

  it('a shell that reads its script from a pipe goes on while a command runs', async () => {
    const server = createServer(() => {})
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const shell = spawn('bash', [], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface(shell.stdout)
    shell.stdin.write(`set -m; ${COMMAND} doctor --issuer http://127.0.0.1:${port} >&2 &\n`)
    const [asked] = await once(server, 'request')
    for (const word of ['one', 'two', 'three']) {
      shell.stdin.write(`echo ${word}\n`)
      expect(await Promise.race([once(lines, 'line'), once(shell, 'exit')])).toEqual([word])
    }
    shell.stdin.end('kill %1\n')
    asked.destroy()
  })

  it('a pipe that breaks is no fault', async () => {
    const session = atTerminal(`${COMMAND} help | head -1; echo "ended \${PIPESTATUS[0]}"`, { cwd: folder })
    await session.ended
    expect(session.shown().trim().split('\r\n')).toEqual([expect.stringMatching(/^bulla: keys, tokens/), 'ended 0'])
  })
})
