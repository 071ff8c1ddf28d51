/**
 * What sends commands to Redis, as users have it: by `redis`, by `ioredis`, and by HTTP as Upstash speaks.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { SendCommand } from '../../src/stores/index.ts'

/** Something that sends, until it is closed. */
export interface RedisSender {
  readonly send: SendCommand
  close(): Promise<void>
}

/** Connects by `redis`, the official one, over one connection that is made again when it breaks. */
export async function connectByRedis(url: string): Promise<RedisSender> {
  const client = createClient({ url, socket: { reconnectStrategy: 20 } })
  client.on('error', () => {})
  await client.connect()
  return {
    send: (command) => client.sendCommand([...command]),
    close: async () => client.destroy(),
  }
}

/** Connects by `ioredis`, as it comes: what is asked meanwhile waits for the connection. */
export async function connectByIoredis(url: string): Promise<RedisSender> {
  const client = new Redis(url)
  client.on('error', () => {})
  return {
    send: ([command = '', ...rest]) => client.call(command, ...rest),
    close: async () => client.disconnect(),
  }
}

/** A server that speaks HTTP as Upstash does, before a Redis: a command is a list in JSON, and so is what comes back. */
export async function startRedisOverHttp(url: string, token: string): Promise<{ url: string; close(): Promise<void> }> {
  const { send, close } = await connectByRedis(url)
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { error: 'Unauthorized' })
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () =>
      send(JSON.parse(Buffer.concat(parts).toString()), '').then(
        (result) => answer(200, { result }),
        (error: Error) => answer(400, { error: error.message }),
      ),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await close()
    },
  }
}
