import { chmod, link, lstat, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { createRing, loadRing, type Ring, readRing, rotateRing, writeRing } from '../../keys/index.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { API, ISSUER, testKey, testRing } from '../fixtures.ts'

const now = Math.floor(Date.now() / 1000)
const ring = testRing(now)
let folder = ''

/** Runs `bulla` with these arguments, in the folder of the test, by a shell whose umask is the usual one. */
const bulla = (line: string): Promise<Ended> =>
  run('bash', ['-c', `umask 022; node ${join(ROOT, 'src/cli/bulla.ts')} ${line}`], { cwd: folder })
const modeOf = async (file: string): Promise<number> => (await stat(join(folder, file))).mode & 0o777
const read = (file: string): Promise<string> => readFile(join(folder, file), 'utf8')
const write = (file: string, text: string, mode = 0o644): Promise<void> => writeFile(join(folder, file), text, { mode })
const ringIn = (text: string): Ring => {
  const reading = readRing(text)
  if (!reading.ok) throw new Error(reading.detail)
  return reading.ring
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulla-files-'))
  await write('ring.json', writeRing(ring))
})

describe('a file with a secret', () => {
  it.each([
    'keys init',
    'keys rotate --ring ring.json',
    'keys revoke r1 --ring ring.json',
    `keys export --ring ring.json --issuer ${ISSUER} --resource ${API} --unknown --enc A256GCM`,
    'client new billing',
  ])('that %s writes is for its owner alone, and the same that would stand on stdout', async (line) => {
    const { code, out } = await bulla(`${line} --out secret.txt`)
    expect([code, out, await modeOf('secret.txt')]).toEqual([0, '', 0o600])
    expect((await read('secret.txt')).split('\n').length).toBe((await bulla(line)).out.split('\n').length)
    expect(await readdir(folder)).toEqual(['ring.json', 'secret.txt'])
  })

  it.each<[string, () => Promise<void>]>([
    ['a file', () => write('there', 'old')],
    ['a link', () => symlink('ring.json', join(folder, 'there'))],
    ['a link that leads nowhere', () => symlink('nowhere', join(folder, 'there'))],
  ])('never takes the place of %s that is there', async (_, make) => {
    await make()
    const before = await readdir(folder)
    expect(await bulla('keys init --out there')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('there already'),
    })
    expect([await readdir(folder), await read('ring.json')]).toEqual([before, writeRing(ring)])
  })

  it('is not written by a call that is refused', async () => {
    expect(await bulla('keys revoke r9 --ring ring.json --out new.json')).toMatchObject({ code: 1 })
    expect(await readdir(folder)).toEqual(['ring.json'])
    expect(await bulla('keys rotate --ring ring.json --in-place --out new.json')).toMatchObject({ code: 2 })
  })
})

describe('--in-place', () => {
  const rotate = (file = 'ring.json'): Promise<Ended> => bulla(`keys rotate --ring ${file} --in-place`)

  it('through a symbolic link writes the file that it leads to, for its owner alone; the link stays one', async () => {
    await symlink('ring.json', join(folder, 'link.json'))
    expect(await rotate('link.json')).toMatchObject({ code: 0 })
    expect((await lstat(join(folder, 'link.json'))).isSymbolicLink()).toBe(true)
    expect([ringIn(await read('ring.json')).roots.length, await modeOf('ring.json')]).toEqual([2, 0o600])
    expect(await readdir(folder)).toEqual(['link.json', 'ring.json'])
  })

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a file with another name, which would keep the old ring',
      () => link(join(folder, 'ring.json'), join(folder, 'b')),
      'hard link',
    ],
    ['a file that somebody else is writing', () => write('ring.json.new', 'x'), 'somebody else is writing'],
    [
      'a file whose other bytes it would change',
      () =>
        writeFile(
          join(folder, 'ring.json'),
          Buffer.concat([Buffer.from(`# \xe9\nKEY_RING='${writeRing(ring)}'`, 'latin1')]),
        ),
      'not UTF-8',
    ],
  ])('refuses %s', async (_, make, words) => {
    await make()
    const before = await readFile(join(folder, 'ring.json'))
    expect(await rotate()).toMatchObject({ code: 1, out: '', err: expect.stringContaining(words) })
    expect(await readFile(join(folder, 'ring.json'))).toEqual(before)
  })

  // promise: P19
  it('never says that it revoked what an issuer would go on reading: two lines of KEY_RING are refused by every command', async () => {
    const text = `KEY_RING='${writeRing(ring)}'\nKEY_RING='${writeRing(ring)}'\n`
    await write('.dev.vars', text)
    const calls = [
      'revoke r1 --in-place',
      'rotate --in-place',
      'show',
      'doctor',
      `export --issuer ${ISSUER} --resource ${API}`,
    ]
    for (const call of calls) {
      const ended = await bulla(`keys ${call} --ring .dev.vars`)
      expect(ended).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('KEY_RING stands on lines 1 and 2'),
      })
    }
    expect(await read('.dev.vars')).toBe(text)
  })

  it.each(['export KEY_RING=', 'KEY_RING = ', '\uFEFFKEY_RING=', '\uFEFFA=1\r\nKEY_RING='])(
    'revokes in a dotenv file with %j',
    async (start) => {
      await write('.dev.vars', `${start}'${writeRing(ring)}'\r\nB=2\r\n`)
      expect(await bulla('keys revoke r1 --ring .dev.vars --in-place')).toMatchObject({ code: 0 })
      expect(await read('.dev.vars')).toContain(`'${writeRing({ ...ring, revoked: ['r1'] })}'\r\nB=2\r\n`)
    },
  )

  it('revokes the primary root of a ring that breaks another rule', async () => {
    await write('ring.json', writeRing({ ...ring, roots: ring.roots.map((root) => ({ ...root, del: root.end })) }))
    expect(await bulla('keys revoke r1 --ring ring.json --in-place')).toMatchObject({ code: 0 })
    expect(ringIn(await read('ring.json')).revoked).toEqual(['r1'])
  })

  it('reads a ring with a byte order mark, as an issuer does', async () => {
    const text = `\uFEFF${writeRing(ring)}`
    await write('ring.json', text)
    expect(await bulla('keys doctor --ring ring.json')).toMatchObject({ code: 0 })
    expect(loadRing({ ring: text }, { now })).toMatchObject({ ok: true, bad: [] })
  })
})

describe('a ring that no issuer could read again', () => {
  /** A ring that has been rotated so often, by a version that let its roots live, that one more does not fit. */
  function fullRing(): Ring {
    let full = createRing({ now: now - 86_400, key: testKey(100) })
    for (let turn = 1; ; turn++) {
      const rotation = rotateRing(full, { now: now - 86_400 + turn * 4000, key: testKey(100 + turn) })
      if (!rotation.ok) throw new Error(rotation.detail)
      if (writeRing(rotation.ring).length > 5120) return full
      full = rotation.ring
      if (turn > 60) throw new Error('it never is full')
    }
  }

  it.each(['--in-place', '', '--out new.json'])(
    'is not written: rotate %s says so, and what was there stays',
    async (how) => {
      const full = fullRing()
      // Its last root seals by now.
      const shifted = {
        ...full,
        roots: full.roots.map((root) => ({
          ...root,
          pub: root.pub - 86_400,
          use: root.use - 86_400,
          end: root.end - 86_400,
          del: root.del - 86_400,
        })),
      }
      await write('full.json', writeRing(shifted))
      await chmod(join(folder, 'full.json'), 0o600)
      const ended = await bulla(`keys rotate --ring full.json ${how}`)
      expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining('ring_too_large') })
      expect(await read('full.json')).toBe(writeRing(shifted))
      expect(await readdir(folder)).toEqual(['full.json', 'ring.json'])
    },
  )
})
