import { benchWholePath } from './whole-path.js'

await benchWholePath()
