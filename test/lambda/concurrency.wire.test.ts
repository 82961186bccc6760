import { it } from 'vitest'
import { twentyContainers } from './twenty-containers.js'

it('twenty containers at once on one queue, cold and warm, without snapshots, leave exactly what is live', () =>
  twentyContainers())
