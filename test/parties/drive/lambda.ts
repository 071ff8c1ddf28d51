/**
 * What AWS hands a function of Lambda, and what it makes of its answer: the events of its four front doors, as its documentation shows
 * them.
 *
 * @module
 */

import type { Ask } from '../person.ts'
import { answerOf, forwarded } from './transport.ts'

/** A function of Lambda. */
// biome-ignore lint/suspicious/noExplicitAny: the four events have no shape in common.
export type Handler = (event: any) => Promise<any>

/** A front door: makes the event of a request. */
type FrontDoor = (asked: Asked) => Readonly<Record<string, unknown>>

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const SOURCE = '192.0.2.7'

/** Returns each value of a query under its name. */
function valuesOf(query: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)]))
}

const listed = (headers: Asked['headers']): Record<string, string[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))

const BODY = (body: string) => ({ body: Buffer.from(body).toString('base64'), isBase64Encoded: true })

/** The front doors by their names. */
export const FRONT_DOORS: Readonly<Record<string, FrontDoor>> = {
  'API Gateway, REST (payload 1.0)': ({ method, path, query, host, headers, body }) => ({
    version: '1.0',
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: listed(headers),
    queryStringParameters: Object.fromEntries(query),
    multiValueQueryStringParameters: valuesOf(query),
    requestContext: {
      accountId: '1',
      apiId: 'a',
      domainName: host,
      httpMethod: method,
      identity: { sourceIp: SOURCE },
      path,
      stage: '$default',
    },
    pathParameters: null,
    stageVariables: null,
    ...BODY(body),
  }),
  'API Gateway, HTTP, and function URLs (payload 2.0)': ({ method, path, query, host, headers, body }) => {
    const { cookie, ...others } = headers
    return {
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: query.toString(),
      ...(cookie !== undefined && { cookies: cookie.split('; ') }),
      headers: others,
      queryStringParameters: Object.fromEntries(query),
      requestContext: {
        accountId: '1',
        apiId: 'a',
        domainName: host,
        domainPrefix: 'a',
        http: { method, path, protocol: 'HTTP/1.1', sourceIp: SOURCE, userAgent: 'x' },
        routeKey: '$default',
        stage: '$default',
      },
      ...BODY(body),
    }
  },
  'an application load balancer': ({ method, path, query, headers, body }) => ({
    requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/bulla/1' } },
    httpMethod: method,
    path,
    // It hands over what stands in the URL, as it stands there.
    multiValueQueryStringParameters: Object.fromEntries(
      [...query.keys()].map((name) => [encodeURIComponent(name), query.getAll(name).map(encodeURIComponent)]),
    ),
    multiValueHeaders: listed(headers),
    ...BODY(body),
  }),
  'VPC Lattice (version 2.0)': ({ method, path, query, headers, body }) => ({
    version: '2.0',
    path: query.size > 0 ? `${path}?${query}` : path,
    method,
    headers: listed(headers),
    queryStringParameters: valuesOf(query),
    requestContext: {
      serviceNetworkArn: 'arn:aws:vpc-lattice:eu-central-1:1:servicenetwork/sn-1',
      serviceArn: 'arn',
      targetGroupArn: 'arn',
      identity: {},
      region: 'eu-central-1',
      timeEpoch: '1',
    },
    ...BODY(body),
  }),
}

/** Asks a function of Lambda by one of its front doors. */
export function askLambda(handler: Handler, frontDoor: FrontDoor): Ask {
  return async (request) => {
    const { headers } = forwarded(request)
    const { pathname: path, searchParams: query, host } = new URL(request.url)
    const { method } = request
    const event = frontDoor({ method, path, query, host, headers, body: await request.text() })
    const {
      statusCode,
      headers: single = {},
      multiValueHeaders = {},
      cookies = [],
      body,
      isBase64Encoded,
    } = await handler(JSON.parse(JSON.stringify(event)))
    const all = [
      ...Object.entries({ ...single, ...multiValueHeaders }),
      ...(cookies as string[]).map((cookie) => ['set-cookie', cookie] as const),
    ] as (readonly [string, string | string[]])[]
    const pairs = all.flatMap(([name, values]) => [values].flat().map((value) => [name, value] as const))
    return answerOf(statusCode, pairs, isBase64Encoded ? Buffer.from(body, 'base64') : (body ?? ''))
  }
}
