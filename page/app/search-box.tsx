import { useEffect, useRef, useState } from 'preact/hooks'
import type { Go } from './use-place.js'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement

/** Asks why. The key `/` leads to it from anywhere. */
export const SearchBox = ({ question, go }: { readonly question: string; readonly go: Go }) => {
  const [text, setText] = useState(question)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => setText(question), [question])
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      if (event.key !== '/' || isTyping(event.target)) return
      event.preventDefault()
      input.current?.select()
    }
    addEventListener('keydown', focus)
    return () => removeEventListener('keydown', focus)
  }, [])
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        go({ view: 'search', question: text.trim() })
      }}
    >
      <input
        ref={input}
        type="search"
        aria-label="Why is it so? A task, address, container, service or backend"
        placeholder="Why? A task, address, service, backend …"
        maxLength={500}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  )
}
