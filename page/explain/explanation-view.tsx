import type { Subject } from '../../src/core/explain/explain.js'
import { number } from '../app/format.js'
import { BackendSubject } from './backend-subject.js'
import { RecordSubject } from './record-subject.js'
import { TaskSubject } from './task-subject.js'
import type { Answer } from './use-explanation.js'

const keyOf = (subject: Subject): string => {
  switch (subject._tag) {
    case 'Backend':
      return `backend ${subject.backend}`
    case 'Task':
      return subject.task
    case 'Record':
      return `record ${subject.target} ${subject.key}`
  }
}

const One = ({ subject, ask }: { readonly subject: Subject; readonly ask: (question: string) => void }) => {
  switch (subject._tag) {
    case 'Backend':
      return <BackendSubject subject={subject} ask={ask} />
    case 'Task':
      return <TaskSubject subject={subject} />
    case 'Record':
      return <RecordSubject subject={subject} />
  }
}

/** The answer to a question: each subject with its chain. */
export const ExplanationView = ({
  answer,
  ask,
}: {
  readonly answer: Answer
  readonly ask: (question: string) => void
}) => {
  switch (answer._tag) {
    case 'None':
      return null
    case 'Asking':
      return <p class="faint hint">Asking …</p>
    case 'Failed':
      return (
        <p class="failed" role="alert">
          {answer.message}
        </p>
      )
    case 'Answered': {
      const { subjects, question, more, complete } = answer.explanation
      return (
        <div class="subjects" aria-live="polite">
          {subjects.length === 0 && (
            <p class="hint">
              Nothing is known of “{question}”. Ask for a task, an address, a container, a service, a backend
              or an instance{complete ? '.' : '; not everything is known yet, so ask again later.'}
            </p>
          )}
          {subjects.map((subject) => (
            <One key={keyOf(subject)} subject={subject} ask={ask} />
          ))}
          {more > 0 && <p class="hint">and {number(more)} more: ask more exactly</p>}
        </div>
      )
    }
  }
}
