/**
 * `npm create bulla` from packed tarballs, as somebody new has it: what each answer writes is type-checked and tested, one is installed from the
 * registry and asked, and nothing is half-written whatever goes wrong.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TRIED } from '../../create-bulla/src/project.ts'
import { ENV, type Ended, ROOT, run } from '../checkout.ts'
import { linkPackages, packedBulla } from '../parties/packed.ts'
import { type Development, packCreate, startDevelopment } from '../parties/written.ts'

const TEMPLATES = ['api', 'mcp']
const LOGINS = ['development', 'github', 'google', 'none']

let folder = ''
let tarball = ''
let program = ''

/** Runs the packed program in the folder, without a terminal. */
const create = (...args: string[]): Promise<Ended> => run('node', [program, ...args], { cwd: folder })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulla-created-'))
  tarball = await packCreate()
  const unpacked = await mkdtemp(join(tmpdir(), 'create-bulla-unpacked-'))
  expect(await run('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1'])).toMatchObject({ code: 0 })
  program = join(unpacked, 'dist', 'create_bulla.js')
}, 240_000)

describe('the packed create-bulla', () => {
  it('holds a program, templates, and what a package must say', async () => {
    const { out } = await run('tar', ['-tzf', tarball])
    const others = out.split('\n').filter((file) => file !== '' && !file.startsWith('package/template/'))
    expect(others.toSorted()).toEqual(
      ['LICENSE', 'README.md', 'dist/create_bulla.js', 'package.json'].map((file) => `package/${file}`),
    )
  })

  it('has the version of the package beside it, needs no other, and writes the versions that are tried here', async () => {
    const manifest = async (...path: string[]) =>
      JSON.parse(await readFile(join(ROOT, ...path, 'package.json'), 'utf8'))
    const [own, { version, dependencies, devDependencies }] = [await manifest('create-bulla'), await manifest()]
    expect([own.version, own.dependencies]).toEqual([version, undefined])
    const here = { ...dependencies, ...devDependencies }
    expect(TRIED).toEqual(Object.fromEntries(Object.keys(TRIED).map((name) => [name, here[name]])))
  })

  it('says what it knows', async () => {
    expect(await create('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--template api|mcp') })
    expect((await create('--version')).out.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  })
})

describe('what create-bulla writes', () => {
  let all = ''
  beforeAll(async () => {
    all = join(folder, 'all')
    for (const template of TEMPLATES)
      for (const login of LOGINS) {
        const args = [join('all', `${template}-${login}`), '--no-install', '--template', template, '--login', login]
        expect(await create(...args)).toMatchObject({ code: 0, err: '' })
      }
    // What a server of MCP needs is more than what an API does, so that all find it above them.
    for (const file of ['package.json', 'tsconfig.json'])
      await writeFile(join(all, file), await readFile(join(all, 'mcp-none', file)))
    await linkPackages(all)
  }, 240_000)

  it('is right by its types, whatever was answered', async () => {
    expect(await run('npm', ['run', '--silent', 'types'], { cwd: all })).toMatchObject({ code: 0, out: '' })
  }, 240_000)

  it('passes its tests, whatever was answered', async () => {
    const args = ['test', '--silent', '--', '--no-isolate', '--no-file-parallelism', '--test-timeout=60000']
    const { code, out } = await run('npm', args, { cwd: all, env: { NO_COLOR: '1' } })
    expect([code, out]).toEqual([0, expect.stringMatching(/Test Files.*8 passed/)])
  }, 240_000)

  it.each(TEMPLATES)('has settings that lack only what nobody knows yet: %s', async (template) => {
    const check = (login: string) =>
      run('npm', ['run', '--silent', 'check'], { cwd: join(all, `${template}-${login}`) })
    const secrets = ['server', 'service'].map((id) => `CLIENTS["${id}"].secret_hash[0]`)
    const named = ({ out }: Ended) => [...out.matchAll(/: "(.*)" expected/g)].map(([, name]) => name)
    expect(named(await check('none'))).toEqual(secrets)
    expect(named(await check('github'))).toEqual(secrets)
    expect(named(await check('development'))).toEqual([...secrets, 'LOGIN'])
  })

  it('leaves no word of a template in it', async () => {
    const files = await readdir(all, { recursive: true, withFileTypes: true })
    for (const { parentPath, name } of files.filter(
      (file) => file.isFile() && !file.parentPath.includes('node_modules'),
    ))
      expect(await readFile(join(parentPath, name), 'utf8')).not.toMatch(/\{\{|^@@/m)
  })
})

describe('a project from the registry', () => {
  let project = ''
  let created: Ended
  let development: Development
  beforeAll(async () => {
    // Nobody published this version yet: before npm asks the registry, it is told where this one package is.
    const bin = await mkdtemp(join(tmpdir(), 'bulla-npm-'))
    const npm = (await run('sh', ['-c', 'command -v npm'])).out.trim()
    await writeFile(
      join(bin, 'npm'),
      `#!/bin/sh
sed -i 's#"bulla": "^[^"]*"#"bulla": "file:${await packedBulla()}"#; s#": "^#": "#' package.json
exec '${npm}' "$@" --no-audit --no-fund --prefer-offline
`,
    )
    await chmod(join(bin, 'npm'), 0o755)
    project = join(folder, 'orders')
    const args = ['exec', '--yes', `--package=${tarball}`, '--', 'create-bulla', 'orders']
    created = await run(npm, args, { cwd: folder, env: { PATH: [bin, ENV['PATH']].join(delimiter) } })
    development = await startDevelopment(project)
  }, 300_000)
  afterAll(() => development?.stop())

  it('is there whole after one command, with a ring for its owner alone', async () => {
    expect(created).toMatchObject({ code: 0, out: expect.stringContaining('npm run dev') })
    const secrets = join(project, 'issuer', '.dev.vars')
    expect((await stat(secrets)).mode & 0o777).toBe(0o600)
    expect(await readFile(secrets, 'utf8')).toMatch(/^KEY_RING='\{"v":1,.*\}'$/m)
  })

  it('passes its tests', async () => {
    expect(await run('npm', ['test', '--silent'], { cwd: project })).toMatchObject({ code: 0 })
  }, 240_000)

  it('gives a token, by which its API answers; and 401 without', async () => {
    const answer = await fetch(`${development.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('service:service-secret')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    const { access_token } = (await answer.json()) as { access_token: string }
    const order = `${development.server}/orders/7`
    const answered = await fetch(order, { headers: { authorization: `Bearer ${access_token}` } })
    expect([answered.status, await answered.json()]).toEqual([
      200,
      { id: '7', seen_by: 'client:service', through: 'service' },
    ])
    expect((await fetch(order)).status).toBe(401)
  })
})

describe('a folder', () => {
  it.each([
    ['My Ünï Agents', 'my-uni-agents'],
    ['node_modules', 'node-modules'],
    ['Favicon.ICO', 'favicon-ico'],
    ['日本', 'my-bulla'],
    [`${'a'.repeat(60)}`, 'a'.repeat(40)],
    ["it's --odd", 'it-s-odd'],
  ])('may be called %j: npm and Workers call it %j', async (name, expected) => {
    const within = await mkdtemp(join(folder, 'names-'))
    const { code, out } = await run('node', [program, '--no-install', name], { cwd: within })
    expect(code).toBe(0)
    expect(JSON.parse(await readFile(join(within, name, 'package.json'), 'utf8')).name).toBe(expected)
    expect(await readFile(join(within, name, 'issuer', 'wrangler.toml'), 'utf8')).toContain(
      `name = "${expected}-issuer"`,
    )
    // What is to be pasted leads there.
    const [, step = ''] = /^ {2}(cd .*)$/m.exec(out) ?? []
    expect(await run('sh', ['-c', `${step} && ls package.json`], { cwd: within })).toMatchObject({ code: 0 })
  })

  it('may be the one that one stands in, and hold a repository that was just begun', async () => {
    const within = await mkdtemp(join(folder, 'here-'))
    await mkdir(join(within, '.git'))
    const { code, out } = await run('node', [program, '--no-install', '.'], { cwd: within })
    expect([code, out]).toEqual([0, expect.not.stringContaining('cd ')])
    expect(await readdir(within)).toContain('package.json')
  })

  it.each([
    ['full', 'is not empty'],
    ['..', 'is not empty'],
    ['full/a-file', 'is a file'],
    ['full/a-file/below', 'cannot be written: ENOTDIR'],
    ['/sys/nowhere', 'cannot be written: E'],
    ['x'.repeat(300), 'cannot be written: ENAMETOOLONG'],
  ])('is refused, and nothing is written: %s', async (name, words) => {
    const within = await mkdtemp(join(folder, 'refused-'))
    await mkdir(join(within, 'full'))
    await writeFile(join(within, 'full', 'a-file'), 'mine')
    const ended = await run('node', [program, '--no-install', name], { cwd: within })
    expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining(words) })
    expect(await readdir(within, { recursive: true })).toEqual(['full', join('full', 'a-file')])
  })

  it('is left as it was where one file of many cannot be written', async () => {
    const within = await mkdtemp(join(folder, 'half-'))
    // A limit on the size of a file: the first of some length fails, half-written.
    const ended = await run('bash', ['-c', `trap '' XFSZ; ulimit -f 1; exec node '${program}' --no-install new`], {
      cwd: within,
    })
    expect(ended).toMatchObject({ code: 1, err: expect.stringContaining('EFBIG') })
    expect(await readdir(within)).toEqual([])
  })
})

describe('what is said wrong', () => {
  it.each([
    [['--template', 'spa'], '--template expected api, mcp, got spa'],
    [['--login', 'x'], '--login expected development, github, google, none, got x'],
    [['--colour'], "Unknown option '--colour'"],
    [['one', 'two'], 'one folder is enough: one, two'],
  ])('is told, with what there is: %j', async (args, words) => {
    expect(await create(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(words) })
  })
})

describe('a terminal', () => {
  /** Runs it in a terminal, where each text is typed once the words before it are there. */
  async function inTerminal(
    within: string,
    typed: readonly (readonly [after: string, text: string])[],
  ): Promise<Ended> {
    const command = `'${process.execPath}' '${program}' --no-install`
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: within, env: ENV })
    const left = [...typed]
    let out = ''
    let seen = 0
    child.stdout.on('data', (data) => {
      out += data
      const [after, text] = left[0] ?? ['']
      const at = text === undefined ? -1 : out.indexOf(after, seen)
      if (at < 0) return
      seen = out.length
      left.shift()
      child.stdin.write(text ?? '')
    })
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    return { code, out, err: '' }
  }

  it('is asked three questions, again where an answer is none', async () => {
    const within = await mkdtemp(join(folder, 'asked-'))
    const { code, out } = await inTerminal(within, [
      ['(my-bulla)', 'agents\r'],
      ['(api)', 'spa\r'],
      ['(api)', '2\r'],
      ['(development)', 'none\r'],
    ])
    expect([code, out]).toEqual([0, expect.stringContaining('One of api, mcp, or its number.')])
    expect(await readdir(join(within, 'agents', 'server'))).toContain('mcp.ts')
    expect(await readFile(join(within, 'agents', 'issuer', 'wrangler.toml'), 'utf8')).not.toContain('REGISTRATION')
  })

  it.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('is left by %s, and nothing is written', async (_, key) => {
    const within = await mkdtemp(join(folder, 'left-'))
    const { code, out } = await inTerminal(within, [
      ['(my-bulla)', 'agents\r'],
      ['(api)', key],
    ])
    expect([code, out]).toEqual([130, expect.stringContaining('Nothing is written.')])
    expect(await readdir(within)).toEqual([])
  })
})
