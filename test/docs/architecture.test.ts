import { expect, it } from 'vitest'
import { rooms } from '../../rooms.js'
import { page } from './pages.js'

it('the table of rooms is the one that lint enforces', () => {
  const rows = page('docs/architecture.md')
    .text.split('\n')
    .filter((line) => /^\| `(?:src|examples|sim|page)/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, 4)
        .map((cell) => cell.trim()),
    )
  expect(rows).toEqual(
    rooms.map(({ room, holds, imports }) => [
      `\`${room}\``,
      holds,
      imports.map((one) => `\`${one}\``).join(', ') || 'nothing',
    ]),
  )
})
