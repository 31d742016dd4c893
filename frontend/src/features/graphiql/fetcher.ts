import { createGraphiQLFetcher } from '@graphiql/toolkit'

const http = new URL('/graphql', window.location.href)
const socket = new URL('/graphql', window.location.href)
socket.protocol = http.protocol === 'https:' ? 'wss:' : 'ws:'

// What is written in the headers editor also goes into `connection_init`: a token works for subscriptions too.
// No multipart: the server answers every request with one document.
export const fetcher = createGraphiQLFetcher({
  url: http.href,
  subscriptionUrl: socket.href,
  enableIncrementalDelivery: false,
})
