import { GraphiQL } from 'graphiql'
import 'graphiql/style.css'
import { examples, firstVisit } from './examples'
import { fetcher } from './fetcher'
import './page.css'
import './workers'

// Without these GraphiQL takes any scalar for a string or a number, and marks an object as wrong.
const SCALARS = { JSON: {}, DateTime: { type: 'string' }, BigInt: { type: 'integer' } } as const

export function GraphiQLPage() {
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={examples}
      {...firstVisit}
      customScalarSchemas={SCALARS}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>
        <a className="home" href="/">
          J Feature Store
        </a>
      </GraphiQL.Logo>
    </GraphiQL>
  )
}
