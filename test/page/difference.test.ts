import { describe, expect, it } from 'vitest'
import { differenceOf } from '../../page/views/difference.js'
import type { EndpointRow } from '../../src/inspector/tables.js'

const row = (backend: string, address: string, task = address): EndpointRow => ({
  backend,
  address,
  task,
  cluster: 'c',
  group: undefined,
  container: 'app',
  containerPort: 80,
  protocol: 'tcp',
  zone: undefined,
  weight: undefined,
  targets: [],
})

describe('the difference of two moments', () => {
  it('has what came, went and stayed of each backend that changed', () => {
    const before = [row('web', '1'), row('web', '2'), row('api', '3'), row('old', '4')]
    const after = [row('web', '2'), row('web', '5'), row('api', '3'), row('new', '6')]
    expect(
      differenceOf(before, after).map(({ backend, added, removed, kept }) => [
        backend,
        added.map(({ address }) => address),
        removed.map(({ address }) => address),
        kept,
      ]),
    ).toEqual([
      ['new', ['6'], [], 0],
      ['old', [], ['4'], 0],
      ['web', ['5'], ['1'], 1],
    ])
  })

  it('tells two tasks at one address apart', () => {
    expect(differenceOf([row('web', '1', 'a')], [row('web', '1', 'b')])).toHaveLength(1)
    expect(differenceOf([row('web', '1', 'a')], [row('web', '1', 'a')])).toEqual([])
  })
})
