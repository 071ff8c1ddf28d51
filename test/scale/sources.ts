/**
 * Numbers of others, each with the page that says so. Prices are of the paid plan, beyond what it includes, in US dollars.
 *
 * @module
 */

/** A number of somebody else's. */
export interface Sourced {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly source: string
}

const WORKERS = 'https://developers.cloudflare.com/workers/platform/pricing/'
const OBJECTS = 'https://developers.cloudflare.com/durable-objects/platform/pricing/'
const LIMITS = 'https://developers.cloudflare.com/durable-objects/platform/limits/'
const KV = 'https://developers.cloudflare.com/kv/platform/pricing/'
const D1 = 'https://developers.cloudflare.com/d1/platform/pricing/'
const REDIS = 'https://redis.io/docs/latest/develop/reference/errors/common/err-max-clients/'

/** What the model takes from others. */
export const SOURCES = {
  workersRequest: { name: 'a request to a Worker', value: 0.3, unit: '$ per million', source: WORKERS },
  workersCpu: { name: 'CPU of a Worker', value: 0.02, unit: '$ per million ms', source: WORKERS },
  objectRequest: { name: 'a call to a Durable Object', value: 0.15, unit: '$ per million', source: OBJECTS },
  objectDuration: { name: 'a Durable Object at work', value: 12.5, unit: '$ per million GB-s', source: OBJECTS },
  rowWritten: { name: 'a row written, its index counted apart', value: 1, unit: '$ per million', source: OBJECTS },
  rowRead: { name: 'a row read', value: 0.001, unit: '$ per million', source: OBJECTS },
  objectRate: { name: 'calls that one object takes (soft limit)', value: 1000, unit: 'per second', source: LIMITS },
  objectStorage: { name: 'what one object holds', value: 10, unit: 'GB', source: LIMITS },
  kvRead: { name: 'a read of Workers KV', value: 0.5, unit: '$ per million', source: KV },
  kvWrite: { name: 'a write of Workers KV', value: 5, unit: '$ per million', source: KV },
  d1RowWritten: { name: 'a row written in D1, its index counted apart', value: 1, unit: '$ per million', source: D1 },
  d1RowRead: { name: 'a row read in D1', value: 0.001, unit: '$ per million', source: D1 },
  redisClients: { name: 'connections that Redis takes, unless it is set', value: 10_000, unit: '', source: REDIS },
} as const satisfies Readonly<Record<string, Sourced>>

/**
 * How a day is shaped: rentals by the hour on the 500 working days of two years in Washington, D.C., local time, from the Bike Sharing
 * data set of the UCI Machine Learning Repository (Fanaee-T and Gama, 2013). Nobody publishes logins by the hour. These are people
 * who begin to work at the same time, and a steeper day than any that we know of logins: its peak is 2.7 times its mean.
 */
export const WORKING_DAY: readonly number[] = [
  18246, 8177, 4229, 2323, 2552, 12332, 50840, 144144, 236595, 119793, 67142, 78482, 99808, 98818, 91419, 100263,
  146268, 262120, 245129, 173504, 124360, 92771, 68918, 44177,
]
