import { render } from 'preact'
import { useCallback, useEffect, useMemo, useReducer, useState } from 'preact/hooks'
import { App } from './app/app.js'
import { number } from './app/format.js'
import { type ReadFiles, readFiles } from './local/read-files.js'
import { recordingInspector } from './local/recording-inspector.js'
import { Toggle } from './simulation/controls.js'
import { recordingFile } from './simulation/recording-file.js'
import { Simulation } from './simulation/simulation.js'
import { Stage } from './simulation/stage.js'

const tickMs = 100

/** The seed in the address, such as `#seed=7`, so that a link repeats a history. */
const seedInAddress = (): number => Number(/seed=(\d{1,9})/.exec(location.hash)?.[1] ?? 7)

interface Opened extends ReadFiles {
  readonly name: string
}

const save = (file: Blob, name: string): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

const Recorded = ({ opened, close }: { readonly opened: Opened; readonly close: () => void }) => {
  const end = useMemo(() => new AbortController(), [opened])
  useEffect(() => () => end.abort(), [end])
  const inspector = useMemo(
    () => recordingInspector(opened.name, opened.recording, end.signal),
    [opened, end],
  )
  const stage = (
    <section class="stage" aria-label="The recording">
      <p>
        {number(opened.recording.entries.length)} deliveries of {opened.name}. The slider below leads to any
        moment of them.
      </p>
      {opened.faulty > 0 && (
        <details>
          <summary>{number(opened.faulty)} lines could not be read</summary>
          <ul class="mono">
            {opened.faults.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </details>
      )}
      <div>
        <button type="button" onClick={close}>
          Back to the simulation
        </button>
      </div>
    </section>
  )
  return <App inspector={inspector} stage={stage} />
}

const Simulated = ({ open }: { readonly open: (files: readonly File[]) => void }) => {
  const [seed, setSeed] = useState(seedInAddress)
  const simulation = useMemo(() => new Simulation(seed, Date.now()), [seed])
  const [isPaused, setPaused] = useState(false)
  const [, ticked] = useReducer((count: number, _: undefined) => count + 1, 0)
  useEffect(() => () => simulation.stop(), [simulation])
  useEffect(() => {
    if (isPaused) return undefined
    const timer = setInterval(() => {
      if (document.hidden) return
      simulation.tick(tickMs)
      ticked(undefined)
    }, tickMs)
    return () => clearInterval(timer)
  }, [simulation, isPaused])
  const stage = (
    <Stage
      state={simulation.state}
      act={(action) => {
        simulation.act(action)
        ticked(undefined)
      }}
    >
      <fieldset>
        <legend>The time</legend>
        <Toggle on={isPaused} toggle={() => setPaused(!isPaused)}>
          Pause
        </Toggle>
        <button
          type="button"
          onClick={() => {
            location.hash = `seed=${seed + 1}`
            setSeed(seed + 1)
          }}
        >
          Another cluster
        </button>
      </fieldset>
      <fieldset>
        <legend>Recording</legend>
        <button
          type="button"
          onClick={() => save(recordingFile(simulation.recording), `simulation-${seed}.jsonl`)}
        >
          Download
        </button>
        <label class="file">
          Open …
          <input
            type="file"
            multiple
            class="aside"
            onChange={({ currentTarget }) => open([...(currentTarget.files ?? [])])}
          />
        </label>
      </fieldset>
    </Stage>
  )
  return <App key={seed} inspector={simulation.inspector} stage={stage} />
}

const Page = () => {
  const [opened, setOpened] = useState<Opened | undefined>(undefined)
  const [fault, setFault] = useState<string | undefined>(undefined)
  const open = useCallback((files: readonly File[]) => {
    if (files.length === 0) return
    readFiles(files).then(
      (read) => {
        const isEmpty = read.recording.entries.length === 0
        setFault(isEmpty ? `There is no delivery in it. ${read.faults[0] ?? ''}` : undefined)
        if (!isEmpty) setOpened({ ...read, name: files.map(({ name }) => name).join(', ') })
      },
      (thrown: unknown) => setFault(thrown instanceof Error ? thrown.message : String(thrown)),
    )
  }, [])
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault()
    const drop = (event: DragEvent): void => {
      event.preventDefault()
      open([...(event.dataTransfer?.files ?? [])])
    }
    addEventListener('dragover', over)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('drop', drop)
    }
  }, [open])
  return (
    <>
      {fault !== undefined && (
        <p class="failed notice" role="alert">
          {fault}
        </p>
      )}
      {opened === undefined ? (
        <Simulated open={open} />
      ) : (
        <Recorded opened={opened} close={() => setOpened(undefined)} />
      )}
    </>
  )
}

const place = document.getElementById('inspector')
if (place !== null) {
  place.replaceChildren()
  render(<Page />, place)
}
