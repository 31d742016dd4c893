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

/** The tabs of a first visit, in the order of the files' names. */
export const examples = Object.entries(queries)
  .sort(([one], [other]) => one.localeCompare(other))
  .map(([path, query]) => ({
    query,
    variables: variables[path.replace(/\.graphql$/, '.variables.json')] ?? '',
  }))

/** GraphiQL shows the variables of its default tabs, but not of the first: that one takes `initialVariables`. On later
 * visits the stored tabs hold what was last there. */
export const firstVisit =
  window.localStorage.getItem('graphiql:tabState') === null
    ? { initialVariables: examples[0]?.variables ?? '' }
    : {}
