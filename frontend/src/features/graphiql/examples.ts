// The operations are shared with the server's tests, which run each of them against the demo.
const queries = import.meta.glob<string>('../../../../graphql_api/examples/operations/*.graphql', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const variables = import.meta.glob<string>('../../../../graphql_api/examples/operations/*.variables.json', {
  query: '?raw',
  import: 'default',
  eager: true,
})

const DAY_MS = 86_400_000

/** A moment of the demo is told as `<30 days ago>`, since its year ends when it is set up. */
const dated = (text: string) =>
  text.replace(/<(\d+) days ago>/g, (_, days: string) =>
    new Date(Date.now() - Number(days) * DAY_MS).toISOString(),
  )

/** The tabs of a first visit, in the order of the files' names. */
export const examples = Object.entries(queries)
  .sort(([one], [other]) => one.localeCompare(other))
  .map(([path, query]) => ({
    query,
    variables: dated(variables[path.replace(/\.graphql$/, '.variables.json')] ?? ''),
  }))

/** GraphiQL shows the variables of its default tabs, but not of the first: that one takes `initialVariables`. On later
 * visits the stored tabs hold what was last there. */
export const firstVisit =
  window.localStorage.getItem('graphiql:tabState') === null
    ? { initialVariables: examples[0]?.variables ?? '' }
    : {}
