import type { TablePageProps } from './table-page.js'
import { ExplanationView } from '../explain/explanation-view.js'
import { useExplanation } from '../explain/use-explanation.js'

/** The answer to whatever was asked. */
export const SearchView = ({ inspector, overview, place, go }: TablePageProps) => {
  const answer = useExplanation(inspector, place.question, place.at, overview.revision)
  return (
    <div class="search-view">
      <h1>{place.question === '' ? 'Why is it so?' : place.question}</h1>
      {place.question === '' ? (
        <p class="hint">
          Ask for a task, an address such as 10.0.0.1:8080, a container, a service, a backend or an instance.
          The answer leads from the last event to the records in the targets, and says where the chain ends
          and what to do.
        </p>
      ) : (
        <ExplanationView answer={answer} ask={(question) => go({ view: 'search', question })} />
      )}
    </div>
  )
}
