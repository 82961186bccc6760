import { expect, it } from 'vitest'
import { UnseenAcknowledgements } from '../../simulate/checks/unseen-acknowledgements.js'

it('an acknowledgement is checked with the first answer that was made after it, of the same process', () => {
  const checked: string[] = []
  const unseen = new UnseenAcknowledgements()
  unseen.add('w1', 10, () => checked.push('first'))
  unseen.add('w1', 20, () => checked.push('second'))
  unseen.show('w2', 30)
  unseen.show('w1', 10)
  expect(checked).toEqual([])
  unseen.show('w1', 15)
  expect(checked).toEqual(['first'])
  unseen.show('w1', 25)
  unseen.show('w1', 35)
  expect(checked).toEqual(['first', 'second'])
})

it('what a process acknowledged that has ended is not expected of anybody', () => {
  const unseen = new UnseenAcknowledgements()
  unseen.add('w1', 10, () => expect.unreachable())
  unseen.forget('w1')
  unseen.show('w1', 20)
})
