import { useState } from 'preact/hooks'

/** Asks for the bearer token of the worker. */
export const TokenForm = ({
  wasRefused,
  use,
}: {
  readonly wasRefused: boolean
  readonly use: (token: string) => void
}) => {
  const [token, setToken] = useState('')
  return (
    <main class="token">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          use(token.trim())
        }}
      >
        <h1>Inspector</h1>
        <label for="token">The token of this worker</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <p class="hint" role={wasRefused ? 'alert' : undefined}>
          {wasRefused ? 'The worker refuses this token.' : 'It is kept until this tab is closed.'}
        </p>
        <button type="submit" class="primary">
          Show
        </button>
      </form>
    </main>
  )
}
