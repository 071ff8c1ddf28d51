import { evictAllDurableObjects } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createDurableObjectGuard, type GuardNamespace } from '../../src/stores/guard_on_workers.ts'
import { NOW, testIssuer } from '../fixtures.ts'
import { createDevice, createOwner, DEVICE_CLIENTS } from '../parties/device.ts'
import { readAnswer } from '../parties/person.ts'

/** Two machines of one issuer, whose guard is the real one: Durable Objects that are restarted between any two steps. */
function setUp() {
  let now = NOW
  const options = { newId: () => crypto.randomUUID(), clock: () => Date.now() }
  const machine = () => {
    const guard = createDurableObjectGuard(env['GUARD'] as GuardNamespace, options)
    const issuer = testIssuer({ clients: DEVICE_CLIENTS, now: () => now, guard })
    return async (request: Request): Promise<Response> => {
      await evictAllDurableObjects()
      return issuer.fetch(request)
    }
  }
  const [one, other] = [machine(), machine()]
  return {
    device: createDevice(one),
    elsewhere: createDevice(other),
    owner: (name?: string) => createOwner(other, () => now, name),
    wait: (seconds: number) => (now += seconds),
  }
}
const errorOf = async (response: Response): Promise<string | undefined> => (await readAnswer(response)).error

describe('devices at the guard of Durable Objects (RFC 8628)', () => {
  it('wait, are let in, and get the same answer for 30 seconds, from whichever machine', async () => {
    const { device, elsewhere, owner, wait } = setUp()
    const { device_code, user_code } = await device.start()
    expect(await errorOf(await elsewhere.poll(device_code))).toBe('authorization_pending')
    wait(4)
    expect(await errorOf(await device.poll(device_code))).toBe('slow_down')
    expect((await owner().answer(user_code, 'allow')).status).toBe(200)
    expect((await device.poll(device_code)).status).toBe(200)
    wait(30)
    const { refresh_token = '', access_token } = await readAnswer(await elsewhere.poll(device_code))
    expect([typeof access_token, refresh_token === '']).toEqual(['string', false])
    wait(1)
    expect(await errorOf(await device.poll(device_code))).toBe('invalid_grant')
  })

  it('get six answers where they ask six times at once, and one decision of two persons at once counts', async () => {
    const { device, elsewhere, owner } = setUp()
    const { device_code, user_code } = await device.start()
    const [alice, bob] = [owner(), owner('bob')]
    const [hers, his] = [await (await alice.type(user_code)).text(), await (await bob.type(user_code)).text()]
    const pressed = await Promise.all([alice.press(hers, 'allow'), bob.press(his, 'allow')])
    expect(pressed.map(({ status }) => status).toSorted()).toEqual([200, 409])
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? device : elsewhere).poll(device_code)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
  })

  it('are not guessed: the eleventh wrong code of a person is not looked at, on whichever machine', async () => {
    const { device, owner } = setUp()
    const name = `guesser ${crypto.randomUUID()}`
    const eve = owner(name)
    for (let times = 0; times < 10; times++) expect((await eve.type('BCDF-GHJK')).status).toBe(400)
    const { user_code } = await device.start()
    expect((await owner(name).type(user_code)).status).toBe(429)
    expect((await owner(`another ${crypto.randomUUID()}`).type(user_code)).status).toBe(200)
  })
})
