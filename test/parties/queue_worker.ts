/** The Workers entry of an issuer that is the consumer of its own Queue, too, and tells what came out of it. */
import { env } from 'cloudflare:workers'
import { type Bindings, createIssuer, readBindings } from 'bulla'
import worker from 'bulla/worker'

export { GuardObject, RevocationsObject } from 'bulla/worker'

type Dataset = Extract<Bindings['EVENTS'], { writeDataPoint: unknown }>

const came: unknown[] = []
const rows: unknown[] = []
const { DATASET } = env as { readonly DATASET: Dataset }
/** Workers that run here throw away what a dataset is given: it is kept on its way there. */
const EVENTS: Dataset = {
  writeDataPoint(row) {
    DATASET.writeDataPoint(row)
    rows.push(row)
  },
}
const withDataset = createIssuer(readBindings({ ...(env as Bindings), EVENTS }))

export default {
  fetch(request: Request, bindings: Bindings, execution: ExecutionContext): Response | Promise<Response> {
    if (new URL(request.url).pathname === '/came') return Response.json({ came, rows })
    return (request.headers.has('dataset') ? withDataset : worker).fetch(request, bindings, execution)
  },
  queue({ messages }: { readonly messages: readonly { readonly body: unknown }[] }): void {
    came.push(...messages.map(({ body }) => body))
  },
}

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
  readonly props: object
}
