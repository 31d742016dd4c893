// Monaco asks for its workers by label. They are bundled from here because GraphiQL's own set-up for Vite breaks the
// pre-bundling of Vite 8's development server (graphiql#4038).
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker?worker'
import JsonWorker from 'monaco-editor/esm/vs/language/json/json.worker?worker'
import GraphQLWorker from 'monaco-graphql/esm/graphql.worker?worker'

self.MonacoEnvironment = {
  getWorker(_moduleId: string, label: string): Worker {
    switch (label) {
      case 'json':
        return new JsonWorker()
      case 'graphql':
        return new GraphQLWorker()
      default:
        return new EditorWorker()
    }
  },
}
