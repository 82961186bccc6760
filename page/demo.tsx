import { render } from 'preact'
import { App } from './app/app.js'
import { useObservable } from './app/use-observable.js'
import { httpInspector } from './inspectors/http-inspector.js'
import { httpStage } from './inspectors/http-stage.js'
import { Stage } from './simulation/stage.js'

const base = new URL('.', location.href).href
// The demo is on this machine alone, and wants no token.
const inspector = httpInspector({ base, token: undefined, unauthorized: () => undefined })
const stage = httpStage(base)

/** What `npm start` shows: the inspector of its worker, beside the cluster that the demo simulates. */
const Page = () => {
  const trouble = useObservable(inspector.trouble$)
  const state = useObservable(stage.state$)
  // What stands below the stage would move when it comes.
  if (state === undefined) return <p class="hint">Loading …</p>
  return <App inspector={inspector} trouble={trouble} stage={<Stage state={state} act={stage.act} />} />
}

const place = document.getElementById('inspector')
if (place !== null) {
  place.replaceChildren()
  render(<Page />, place)
}
