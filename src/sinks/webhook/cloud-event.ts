/** An event as a CloudEvent 1.0 in the JSON format. Pure. */
import { canonicalText } from '../../shared/codec/json.js'
import type { StateData, StateEvent } from '../kit/state-event.js'

/** The type of every event: the state of one backend. A change that receivers must notice would get another one. */
export const backendStateType = 'io.github.ecs-task-stream.backend.state.v1'

/** What is posted. */
export type BackendStateEvent = {
  readonly specversion: '1.0'
  readonly id: string
  /** `/ecs-task-stream/<owner>`, encoded as a part of a URL. */
  readonly source: string
  readonly type: typeof backendStateType
  /** The backend; absent if its name has characters that CloudEvents do not allow there. */
  readonly subject?: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  /** The CloudEvents extension “sequence”: see `StateEvent`. */
  readonly sequence: string
  readonly data: StateData
}

/** Characters that no attribute of a CloudEvent may have; lone surrogates are refused before. */
// eslint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef]|\p{Noncharacter_Code_Point}/u

export const cloudEvent = ({ id, sequence, time, owner, data }: StateEvent): BackendStateEvent => ({
  specversion: '1.0',
  id,
  source: `/ecs-task-stream/${encodeURIComponent(owner)}`,
  type: backendStateType,
  ...(data.backend === '' || forbidden.test(data.backend) ? {} : { subject: data.backend }),
  time,
  datacontenttype: 'application/json',
  sequence,
  data,
})

/** The body of a request. The same event always has the same text. */
export const cloudEventText = (event: StateEvent): string => canonicalText(cloudEvent(event))
