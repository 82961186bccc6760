import { useEffect, useRef, useState } from 'preact/hooks'
import type { Millis } from '../../src/core/clock.js'
import type { Explanation } from '../../src/core/explain/explain.js'
import type { Inspector } from '../../src/inspector/inspector.js'

export type Answer =
  | { readonly _tag: 'None' }
  | { readonly _tag: 'Asking' }
  | { readonly _tag: 'Answered'; readonly explanation: Explanation }
  | { readonly _tag: 'Failed'; readonly message: string }

/** An explanation costs a pass over all tasks, so that it is not asked for with every change. */
const againMs: Millis = 1_000

/** The answer to a question, and a new one now and then while the state changes. The old one stays until then. */
export const useExplanation = (
  inspector: Inspector,
  question: string,
  at: Millis | undefined,
  revision: number,
): Answer => {
  const [answer, setAnswer] = useState<Answer>({ _tag: 'None' })
  const asked = useRef({ question: '', at, time: 0 })
  const [again, setAgain] = useState(0)
  useEffect(() => {
    const { current } = asked
    const isOther = current.question !== question || current.at !== at
    if (question === '') {
      asked.current = { question, at, time: 0 }
      setAnswer({ _tag: 'None' })
      return undefined
    }
    const rest = isOther ? 0 : current.time + againMs - performance.now()
    if (rest > 0) {
      const timer = setTimeout(() => setAgain((count) => count + 1), rest)
      return () => clearTimeout(timer)
    }
    if (current.question !== question) setAnswer({ _tag: 'Asking' })
    const mine = { question, at, time: performance.now() }
    asked.current = mine
    const isMine = (): boolean => asked.current.question === question && asked.current.at === at
    inspector.explain(question, at).then(
      (explanation) => {
        if (isMine()) setAnswer({ _tag: 'Answered', explanation })
      },
      (thrown: unknown) => {
        if (isMine())
          setAnswer({ _tag: 'Failed', message: thrown instanceof Error ? thrown.message : String(thrown) })
      },
    )
    return undefined
  }, [inspector, question, at, at === undefined ? revision : 0, again])
  return answer
}
