import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../../src/version.ts'
import { ROOT } from '../checkout.ts'

/**
 * The floors of the house, from the ground up: a place, and what it may import beside itself. `docs/design.md` says of each
 * room what it may know.
 */
const HOUSE: Readonly<Record<string, readonly string[]>> = {
  keys: ['@noble/hashes'],
  'src/cloudflare.d.ts': [],
  'src/elapsed.ts': [],
  'src/in_time.ts': [],
  'src/version.ts': [],
  'src/randomness.ts': ['keys'],
  'src/wait_until.ts': [],
  'src/trace.ts': [],
  'src/jose': ['src/randomness.ts', 'keys', 'jose'],
  'src/token': ['src/randomness.ts', 'src/jose', 'keys', 'jose'],
  'src/protocol': ['keys'],
  'src/log.ts': ['src/protocol'],
  'src/openid': ['src/protocol', 'keys'],
  'src/events': ['src/randomness.ts', 'src/protocol', 'src/log.ts', 'src/in_time.ts', 'src/wait_until.ts', 'keys'],
  'src/registration': ['src/openid', 'src/protocol', 'src/jose', 'keys', '@noble/hashes'],
  'src/remote': [
    'src/trace.ts',
    'src/registration',
    'src/protocol',
    'src/token',
    'src/jose',
    'src/elapsed.ts',
    'src/wait_until.ts',
    'src/log.ts',
  ],
  'src/stores': [
    'src/in_time.ts',
    'src/events',
    'src/trace.ts',
    'src/remote',
    'src/protocol',
    'src/token',
    'src/elapsed.ts',
    'src/log.ts',
    'keys',
    'cloudflare:workers',
  ],
  'src/pages': ['src/protocol', 'hono'],
  'src/login': [
    'src/trace.ts',
    'src/openid',
    'src/pages',
    'src/remote',
    'src/protocol',
    'src/token',
    'src/jose',
    'keys',
    'oauth4webapi',
  ],
  'src/grants': [
    'src/wait_until.ts',
    'src/openid',
    'src/login',
    'src/stores',
    'src/remote',
    'src/registration',
    'src/protocol',
    'src/token',
    'src/jose',
    'keys',
  ],
  'src/settings': [
    'src/pages',
    'src/trace.ts',
    'src/events',
    'src/openid',
    'src/grants',
    'src/login',
    'src/stores',
    'src/remote',
    'src/registration',
    'src/protocol',
    'src/token',
    'src/log.ts',
    'keys',
  ],
  'src/opentelemetry': ['src/events', 'src/trace.ts', 'keys', '@opentelemetry/api'],
  'src/development.ts': ['src/openid', 'src/protocol', 'src/registration'],
  'src/context.ts': [
    'src/randomness.ts',
    'src/trace.ts',
    'src/jose',
    'src/login',
    'src/events',
    'src/settings',
    'src/remote',
    'src/registration',
    'src/stores',
    'src/token',
    'src/log.ts',
    'keys',
  ],
  'src/http': [
    'src/in_time.ts',
    'src/events',
    'src/wait_until.ts',
    'src/context.ts',
    'src/settings',
    'src/pages',
    'src/registration',
    'src/protocol',
    'src/jose',
    'src/log.ts',
    'keys',
    'hono',
  ],
  'src/authentication': [
    'src/context.ts',
    'src/settings',
    'src/remote',
    'src/registration',
    'src/protocol',
    'src/token',
    'src/jose',
    'keys',
  ],
  'src/issuing': [
    'src/randomness.ts',
    'src/events',
    'src/wait_until.ts',
    'src/openid',
    '@noble/hashes',
    'src/context.ts',
    'src/grants',
    'src/stores',
    'src/remote',
    'src/registration',
    'src/protocol',
    'src/token',
    'src/jose',
    'keys',
  ],
  'src/authorization': [
    'src/events',
    'src/openid',
    'src/issuing',
    'src/remote',
    'src/http',
    'src/context.ts',
    'src/grants',
    'src/login',
    'src/pages',
    'src/stores',
    'src/registration',
    'src/protocol',
    'src/token',
    'src/jose',
    'src/elapsed.ts',
    'keys',
    'hono',
  ],
  'src/endpoints': [
    'src/randomness.ts',
    'src/events',
    'src/version.ts',
    'src/wait_until.ts',
    'src/openid',
    'src/authorization',
    'src/issuing',
    'src/authentication',
    'src/http',
    'src/context.ts',
    'src/development.ts',
    'src/settings',
    'src/grants',
    'src/login',
    'src/pages',
    'src/stores',
    'src/remote',
    'src/registration',
    'src/protocol',
    'src/token',
    'src/jose',
    'keys',
    'hono',
  ],
  'src/parts.ts': [
    'src/authorization',
    'src/issuing',
    'src/authentication',
    'src/http',
    'src/context.ts',
    'src/stores',
    'src/remote',
  ],
  'src/live_settings.ts': [
    'src/events',
    'src/in_time.ts',
    'src/context.ts',
    'src/settings',
    'src/stores',
    'src/remote',
    'src/protocol',
    'src/token',
    'src/jose',
    'src/elapsed.ts',
    'src/wait_until.ts',
    'keys',
  ],
  'src/issuer.ts': [
    'src/events',
    'src/remote',
    'src/parts.ts',
    'src/live_settings.ts',
    'src/endpoints',
    'src/http',
    'src/context.ts',
    'src/settings',
    'src/protocol',
    'keys',
    'hono',
  ],
  'src/binding_kinds.ts': ['keys'],
  'src/certificate_on_workers.ts': ['src/registration', 'src/token'],
  'src/rate_limit_on_workers.ts': ['src/settings', 'src/protocol'],
  'src/events_on_workers.ts': ['src/events', 'src/protocol', 'keys'],
  'src/settings_on_workers.ts': ['src/settings', 'src/remote', 'src/protocol', 'src/token', 'keys'],
  'src/homes_on_workers.ts': ['src/settings', 'src/stores', 'src/token', 'keys'],
  'src/login_bindings.ts': ['src/binding_kinds.ts', 'src/login', 'keys'],
  'src/platform_bindings.ts': [
    'src/rate_limit_on_workers.ts',
    'src/events_on_workers.ts',
    'src/settings_on_workers.ts',
    'src/homes_on_workers.ts',
    'src/settings',
    'src/stores',
    'keys',
  ],
  'src/bindings.ts': [
    'src/login_bindings.ts',
    'src/platform_bindings.ts',
    'src/certificate_on_workers.ts',
    'src/binding_kinds.ts',
    'src/development.ts',
    'src/settings',
    'src/login',
    'src/stores',
    'keys',
  ],
  'src/worker.ts': ['node', 'src/bindings.ts', 'src/issuer.ts', 'src/http', 'src/stores'],
  'src/index.ts': [
    'src/trace.ts',
    'src/events',
    'src/bindings.ts',
    'src/issuer.ts',
    'src/http',
    'src/settings',
    'src/grants',
    'src/login',
    'src/openid',
    'src/stores',
    'src/registration',
    'src/protocol',
    'src/token',
    'src/log.ts',
  ],
  'src/node': [
    'keys',
    'src/events_on_workers.ts',
    'src/events',
    'src/protocol',
    'src/bindings.ts',
    'src/settings_on_workers.ts',
    'src/binding_kinds.ts',
    'src/issuer.ts',
    'src/http',
    'src/settings',
    'src/stores',
    'src/log.ts',
    'node',
    'smol-toml',
    '@hono/node-server',
    'redis',
    'pg',
  ],
  'src/verifier': ['src/wait_until.ts', 'src/remote', 'src/protocol', 'src/token', 'src/jose', 'keys'],
  'src/verifier/hono.ts': ['src/verifier', 'src/token', 'hono'],
  'src/verifier/express.ts': ['src/verifier', 'src/token', 'node'],
  'src/testing': [
    'src/issuer.ts',
    'src/settings',
    'src/protocol',
    'src/randomness.ts',
    'src/verifier',
    'src/stores',
    'src/token',
    'keys',
  ],
  'src/cli/connect/rules': ['src/protocol', 'keys'],
  'src/cli/connect': ['src/cli/connect/rules', 'src/remote', 'src/protocol', 'keys', 'node'],
  'src/cli/watch': ['src/events', 'src/protocol', 'cli-table3'],
  'src/cli': [
    'src/version.ts',
    'src/opentelemetry',
    'src/cli/watch',
    'cli-table3',
    'src/cli/connect',
    'src/node',
    'src/issuer.ts',
    'src/bindings.ts',
    'src/binding_kinds.ts',
    'src/development.ts',
    'src/settings',
    'src/grants',
    'src/login',
    'src/stores',
    'src/remote',
    'src/registration',
    'src/openid',
    'src/protocol',
    'src/token',
    'src/jose',
    'keys',
    'node',
  ],
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'keys'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file.endsWith('.ts') && existsSync(join(ROOT, file)))

/** The place of the house that a file stands in: the longest that fits. */
function placeOf(file: string): string | undefined {
  return Object.keys(HOUSE)
    .filter((place) => file === place || file.startsWith(`${place}/`))
    .sort((a, b) => b.length - a.length)[0]
}

/** What a file imports, types included: files by their path, packages by their name. */
function namesIn(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*/gm, '')
  return [
    ...text.matchAll(/(?:\} from|\* from|\bimport(?: type)? \w+ from|\bimport\s*\(|^import)\s*(['"`])([^'"`]+)\1/gm),
  ].map(([, , name = '']) => {
    return name.startsWith('.') ? normalize(join(dirname(file), name)) : name
  })
}

/** The places and packages that a file imports. */
function importsOf(file: string): readonly string[] {
  return namesIn(file).map((name) => {
    if (/^(?:src|keys)\//.test(name)) return placeOf(name) ?? name
    return name.startsWith('node:')
      ? 'node'
      : name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/')
  })
}

/** Returns the files that import each other in a circle, types included; nothing where there is none. */
function circleOf(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const left = new Map(imports)
  // Who imports nobody that is left, or whom nobody that is left imports, is no part of a circle.
  for (let found = true; found; ) {
    const wanted = new Set([...left.values()].flat())
    const free = [...left]
      .filter(([file, below]) => !wanted.has(file) || !below.some((one) => left.has(one)))
      .map(([file]) => file)
    for (const file of free) left.delete(file)
    found = free.length > 0
  }
  return [...left.keys()]
}

describe('the house', () => {
  it('has a place for every file, and a file in every place', () => {
    expect(files.filter((file) => placeOf(file) === undefined)).toEqual([])
    expect(Object.keys(HOUSE).filter((place) => !files.some((file) => placeOf(file) === place))).toEqual([])
  })

  it('has floors: what a place imports stands in the table below it, so that no import climbs', () => {
    const places = Object.keys(HOUSE)
    const climbing = places.flatMap((place) =>
      (HOUSE[place] ?? [])
        .filter((below) => places.includes(below) && places.indexOf(below) > places.indexOf(place))
        .map((below) => `${place} → ${below}`),
    )
    expect(climbing).toEqual([])
  })

  it('has no circle: nobody imports, types included, who imports him', () => {
    expect(circleOf(new Map(files.map((file) => [file, namesIn(file)])))).toEqual([])
  })

  it('gives no place a right that nobody there uses', () => {
    const used = new Set(files.flatMap((file) => importsOf(file).map((below) => `${placeOf(file)} → ${below}`)))
    const given = Object.entries(HOUSE).flatMap(([place, all]) => all.map((below) => `${place} → ${below}`))
    expect(given.filter((right) => !used.has(right))).toEqual([])
  })

  it.each(files)('%s imports only from below', (file) => {
    const place = placeOf(file) ?? ''
    const strangers = importsOf(file).filter((one) => one !== place && !HOUSE[place]?.includes(one))
    expect(strangers).toEqual([])
  })

  it.each(files.filter((file) => !file.startsWith('src/cli/')))(
    '%s has no clock, randomness or environment but at the edge',
    (file) => {
      // Where a request comes in, a page goes out, a guard keeps its own time, or a cipher needs what nobody can hand it
      // twice.
      const edges = [
        'src/context.ts',
        'src/randomness.ts',
        'src/platform_bindings.ts',
        'src/verifier/common_options.ts',
        'src/verifier/keys/remote_keys.ts',
        'src/pages/page.ts',
        'src/stores/guard_memory.ts',
        'src/stores/guard_durable_object.ts',
        'src/stores/store_calls.ts',
        'src/stores/revocations_memory.ts',
        'src/stores/revocations_durable_object.ts',
        'src/testing/contract.ts',
        'src/testing/revocations_contract.ts',
        'src/testing/test_issuer.ts',
      ]
      const text = readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
      if (!edges.includes(file))
        expect(text).not.toMatch(/Date\.now|new Date\(\)|getRandomValues|randomUUID|process\.env/)
      expect(text).not.toMatch(/Math\.random/)
    },
  )

  it.each(files)('%s opens with what it is, and can be read in one sitting', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    if (!file.endsWith('.d.ts')) expect(text).toMatch(/^(#!.*\n)?\/\*\*\n \* [\s\S]*?\* @module\n \*\/\n/)
    // A table of words is as long as its language.
    if (!file.startsWith('src/pages/words/')) expect(text.split('\n').length).toBeLessThanOrEqual(260)
  })
})

describe('the bundles', () => {
  const bundle = async (entry: string): Promise<readonly string[]> => {
    const { metafile } = await build({
      entryPoints: [join(ROOT, entry)],
      bundle: true,
      write: false,
      format: 'esm',
      metafile: true,
      absWorkingDir: ROOT,
    })
    return Object.entries(metafile.outputs).flatMap(([, { inputs }]) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    )
  }

  it('of the verifier has no hono, and nothing of the issuer but rules', async () => {
    const inputs = await bundle('src/verifier/index.ts')
    const rooms = 'authentication|authorization|endpoints|grants|http|issuing|login|pages|registration|settings|stores'
    expect(
      inputs.filter((path) => new RegExp(`node_modules/hono|src/(?:${rooms})/|src/[a-z_]+[.]ts`).test(path)),
    ).toEqual(['src/randomness.ts', 'src/elapsed.ts'])
  })

  it('of the verifier of direct tokens has nothing of JWS, and nothing that fetches', async () => {
    const inputs = await bundle('src/verifier/direct.ts')
    expect(inputs.filter((path) => /jose\/.*\/jws\/|src\/remote/.test(path))).toEqual([])
  })

  it('of keys has no package but @noble/hashes', async () => {
    const packages = (await bundle('keys/index.ts')).filter((path) => path.includes('node_modules'))
    expect(packages.filter((path) => !path.includes('@noble/hashes'))).toEqual([])
  })
})

describe('the exports map', () => {
  const { exports, bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

  it('is of the version that the sources say', () => {
    expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version).toBe(VERSION)
  })

  it('names a source for each of its files', () => {
    const targets = [
      ...Object.values(exports).flatMap((target) =>
        typeof target === 'string' ? [] : Object.values(target as object),
      ),
      ...Object.values(bin),
    ]
    const missing = (targets as string[]).filter(
      (target) => !existsSync(join(ROOT, target.replace(/^(\.\/)?dist\//, '').replace(/(\.d)?\.(ts|js)$/, '.ts'))),
    )
    expect(missing).toEqual([])
    expect(targets.length).toBe(29)
  })
})
