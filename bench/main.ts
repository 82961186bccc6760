import { benchFold } from './fold.js'
import { benchWholePath } from './whole-path.js'

const all: Readonly<Record<string, () => Promise<void>>> = { path: benchWholePath, fold: benchFold }

const named = process.argv.slice(2)
for (const [name, bench] of Object.entries(all)) if (named.length === 0 || named.includes(name)) await bench()
