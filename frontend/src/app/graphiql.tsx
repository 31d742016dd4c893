import { createRoot } from 'react-dom/client'
import { GraphiQLPage } from '../features/graphiql'

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no #root')
createRoot(root).render(<GraphiQLPage />)
