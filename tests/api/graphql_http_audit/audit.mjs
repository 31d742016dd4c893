// Usage: node audit.mjs URL. Prints one JSON line an audit: its id, its name, and why it failed or null.
import { serverAudits } from 'graphql-http'

for (const audit of serverAudits({ url: process.argv[2] })) {
  const result = await audit.fn()
  console.log(JSON.stringify({ id: audit.id, name: audit.name, failure: result.status === 'ok' ? null : result.reason }))
}
