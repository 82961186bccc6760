import { describe, expect, it } from 'vitest'
import { differences } from '../../scripts/infrastructure/differences.js'
import { workerCases } from '../../scripts/infrastructure/worker-cases.js'
import { parsed, resourcesOf } from '../../scripts/infrastructure/template.js'
import { templateView } from '../../scripts/infrastructure/worker-view.js'

const views = workerCases.map(({ worker, parameters }) =>
  templateView(resourcesOf(parsed(`${worker}.yaml`), parameters)),
)

describe('the comparison of modules and constructs with the templates', () => {
  it('finds nothing between equal views, whatever the order of their members', () => {
    for (const view of views) {
      const { role, ...rest } = structuredClone(view)
      expect(differences(view, { ...rest, role })).toEqual([])
    }
  })

  it('finds an action, a variable and a number that differ, and what one side lacks', () => {
    const [view] = views
    const changed = structuredClone({
      ...view,
      service: { ...(view?.service as object), count: 2 },
      container: { ...(view?.container as object), environment: {} },
      role: { ...view?.role, statements: [] },
    })
    const found = differences(view, changed).map((difference) => difference.split(':')[0])
    expect(found).toContain('service.count')
    expect(found).toContain('container.environment.CLUSTER')
    expect(found).toContain('role.statements')
  })

  it('is about workers that differ', () => {
    expect(new Set(views.map((view) => JSON.stringify(view))).size).toBe(views.length)
  })
})
