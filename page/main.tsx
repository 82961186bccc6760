import { render } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { App } from './app/app.js'
import { TokenForm } from './app/token-form.js'
import { useObservable } from './app/use-observable.js'
import { httpInspector } from './inspectors/http-inspector.js'

const tokenName = 'ecs-task-stream inspector token'

type Access =
  | { readonly _tag: 'Open'; readonly token: string | undefined }
  | { readonly _tag: 'Asking'; readonly wasRefused: boolean }

const Connected = ({
  token,
  refused,
}: {
  readonly token: string | undefined
  readonly refused: () => void
}) => {
  const inspector = useMemo(
    () => httpInspector({ base: new URL('.', location.href).href, token, unauthorized: refused }),
    [token],
  )
  return <App inspector={inspector} trouble={useObservable(inspector.trouble$)} />
}

const Page = () => {
  const [access, setAccess] = useState<Access>(() => ({
    _tag: 'Open',
    token: sessionStorage.getItem(tokenName) ?? undefined,
  }))
  switch (access._tag) {
    case 'Open':
      return (
        <Connected
          token={access.token}
          refused={() => {
            sessionStorage.removeItem(tokenName)
            setAccess({ _tag: 'Asking', wasRefused: access.token !== undefined })
          }}
        />
      )
    case 'Asking':
      return (
        <TokenForm
          wasRefused={access.wasRefused}
          use={(token) => {
            sessionStorage.setItem(tokenName, token)
            setAccess({ _tag: 'Open', token })
          }}
        />
      )
  }
}

const place = document.getElementById('inspector')
if (place !== null) {
  place.replaceChildren()
  render(<Page />, place)
}
