import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const repository = fileURLToPath(new URL('..', import.meta.url))
const api = process.env.API_URL ?? 'http://127.0.0.1:8000'

/** GraphiQL's style sheet carries 300 KB of fonts in base64; the system's fonts serve. */
function withoutInlineFonts(): Plugin {
  return {
    name: 'without-inline-fonts',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/graphiql\/dist\/[a-z]+\.css/.test(id)) return null
      return { code: code.replace(/@font-face\s*\{[^}]*\}/g, ''), map: null }
    },
  }
}

// `dist` mirrors the addresses: dist/graphiql/assets/x.js is served at /graphiql/assets/x.js.
export default defineConfig({
  plugins: [withoutInlineFonts(), react()],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    assetsDir: 'graphiql/assets',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4_000,
    rolldownOptions: {
      input: { graphiql: 'graphiql/index.html' },
      // "use no memo" in GraphiQL's files speaks to the React compiler, which is not used here.
      onLog: (level, log, handle) => log.code === 'MODULE_LEVEL_DIRECTIVE' || handle(level, log),
    },
  },
  server: {
    fs: { allow: [repository] },
    proxy: { '/graphql': { target: api, ws: true }, '/favicon.ico': api },
  },
})
