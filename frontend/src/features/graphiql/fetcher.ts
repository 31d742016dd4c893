import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit'
import { type ExecutionResult, getOperationAST } from 'graphql'
import { createClient, type SubscribePayload } from 'graphql-ws'

const http = new URL('/graphql', window.location.href)
const socket = new URL('/graphql', window.location.href)
socket.protocol = http.protocol === 'https:' ? 'wss:' : 'ws:'

// No multipart: the server answers every request with one document.
const ask = createGraphiQLFetcher({ url: http.href, enableIncrementalDelivery: false })

/** What the toolkit does for subscriptions leaves a promise behind that nobody catches when the server refuses one.
 * What is written in the headers editor goes into `connection_init`: a token works here too. */
function follow(payload: SubscribePayload, headers?: Record<string, unknown>) {
  const client = createClient({ url: socket.href, ...(headers && { connectionParams: headers }) })
  const answers = client.iterate(payload)
  const told: typeof answers = {
    [Symbol.asyncIterator]: () => told,
    next: () => answers.next().catch(explain),
    return: async () => (await answers.return?.()) ?? { done: true, value: undefined },
  }
  return told as AsyncIterableIterator<ExecutionResult>
}

function explain(reason: unknown): never {
  if (!(reason instanceof CloseEvent)) throw reason
  throw new Error(`The connection was closed (${reason.code}). ${reason.reason}`.trim())
}

export const fetcher: Fetcher = (asked, options) => {
  const meant = options?.documentAST && getOperationAST(options.documentAST, asked.operationName)
  return meant?.operation === 'subscription'
    ? follow(asked as SubscribePayload, options?.headers)
    : ask(asked, options)
}
