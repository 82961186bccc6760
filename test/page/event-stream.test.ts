import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dataOfEvents } from '../../page/inspectors/event-stream.js'

it('reads the data of events, wherever the network divides them', async () => {
  const lines = fc.array(
    fc.string().map((text) => text.replace(/[\r\n]/g, '')),
    { minLength: 1, maxLength: 3 },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(lines), fc.integer({ min: 1, max: 9 }), async (events, size) => {
      const text = events
        .map((data) => `: comment\nid: 1\n${data.map((line) => `data: ${line}\n`).join('')}\n`)
        .join('')
      const bytes = new TextEncoder().encode(text)
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
          controller.close()
        },
      })
      const read: string[] = []
      for await (const data of dataOfEvents(stream)) read.push(data)
      expect(read).toEqual(events.map((data) => data.join('\n')))
    }),
  )
})
