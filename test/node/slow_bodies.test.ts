import { connect, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createMemoryGuard } from '../../src/index.ts'
import { type Served, serve } from '../../src/node/index.ts'
import { API, basic, ISSUER, SECRETS, testIssuer } from '../fixtures.ts'

const HOST = new URL(ISSUER).host
const FORM = `grant_type=client_credentials&resource=${encodeURIComponent(API)}`
const running: Served[] = []
const sockets: Socket[] = []
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(running.map((served) => served.close()))
})

/** Serves an issuer, with a bound on how much it does at once. */
async function serving(concurrency?: number): Promise<number> {
  const issuer = testIssuer({ guard: createMemoryGuard(() => 0, { single: true }), scheme: () => 'https' })
  const bound = concurrency === undefined ? {} : { concurrency }
  const served = await serve({ issuer: () => issuer, port: 0, host: '127.0.0.1', log: () => {}, ...bound })
  running.push(served)
  return served.port
}

/** Sends the head of a token request that says how long its body is, and of that as much as is given. */
function begin(port: number, length: number, body = ''): { readonly socket: Socket; readonly answer: Promise<string> } {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  const head = [
    'POST /token HTTP/1.1',
    `Host: ${HOST}`,
    `Authorization: ${basic('service', SECRETS.service)}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${length}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.on('error', () => undefined)
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (bytes) => resolve(bytes.toString()))
    socket.once('close', () => resolve(''))
  })
  return { socket, answer }
}

const ask = async (port: number): Promise<string> => (await begin(port, FORM.length, FORM).answer).slice(9, 12)

describe('bodies that do not end', () => {
  // promise: N01
  it('hold nobody up but who sends them: two hundred drip, and whoever else asks is answered', async () => {
    const port = await serving()
    const dripping = Array.from({ length: 200 }, () => begin(port, FORM.length, FORM.slice(0, 5)))
    for (let round = 0; round < 3; round++) {
      for (const { socket } of dripping) socket.write(FORM.slice(5 + round, 6 + round))
      expect(await ask(port)).toBe('200')
    }
    // What came slowly is as good as all else when it is there.
    const [first] = dripping
    first?.socket.write(FORM.slice(8))
    expect((await first?.answer)?.slice(9, 12)).toBe('200')
  })

  // promise: N01
  it('take their places where there is a bound on how many are answered at once, until they break off, or ten seconds are over', async () => {
    const port = await serving(3)
    const dripping = Array.from({ length: 3 }, () => begin(port, FORM.length, 'grant'))
    await expect.poll(() => ask(port)).toBe('503')
    dripping[0]?.socket.destroy()
    await expect.poll(() => ask(port)).toBe('200')
    const drip = setInterval(() => dripping[1]?.socket.write('_'), 2_000)
    const answers = await Promise.all(dripping.slice(1).map(({ answer }) => answer))
    clearInterval(drip)
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(['408', '408'])
    const all = await Promise.all(Array.from({ length: 3 }, () => ask(port)))
    expect(all).toEqual(['200', '200', '200'])
  }, 60_000)
})

// promise: X01
it('of five hundred bodies at once that are too long none is read: each is told so, and who comes then is answered', async () => {
  const port = await serving()
  const answers = await Promise.all(
    Array.from({ length: 500 }, () => begin(port, 1_000_000_000, 'x'.repeat(1024)).answer),
  )
  expect(new Set(answers.map((answer) => answer.slice(9, 12)))).toEqual(new Set(['413']))
  expect(await ask(port)).toBe('200')
})
