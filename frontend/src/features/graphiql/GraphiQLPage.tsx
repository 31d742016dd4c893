import { GraphiQL } from 'graphiql'
import 'graphiql/style.css'
import { examples } from './examples'
import { fetcher } from './fetcher'
import './page.css'
import './workers'

export function GraphiQLPage() {
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={examples}
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
