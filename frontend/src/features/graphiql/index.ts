export { GraphiQLPage } from './GraphiQLPage'
