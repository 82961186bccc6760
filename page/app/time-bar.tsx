import { useEffect, useState } from 'preact/hooks'
import type { Millis } from '../../src/core/clock.js'
import type { Overview } from '../../src/inspector/overview.js'
import { moment } from './format.js'
import type { Place } from './place.js'
import type { Go } from './use-place.js'

/** All of a journal is played in this time. */
const playMs: Millis = 30_000
const frameMs: Millis = 250

export interface TimeBarProps {
  readonly journal: Overview['journal']
  readonly place: Place
  readonly go: Go
}

/** The time that the page shows: now, or any moment of the journal. */
export const TimeBar = ({ journal, place: { at, since }, go }: TimeBarProps) => {
  const [isPlaying, setPlaying] = useState(false)
  const from = journal?.from ?? 0
  const to = journal?.to ?? 0
  const shown = Math.min(Math.max(at ?? to, from), to)
  useEffect(() => {
    if (!isPlaying) return undefined
    const timer = setTimeout(() => {
      const next = shown + ((to - from) * frameMs) / playMs
      if (next < to) go({ at: Math.round(next) }, 'replace')
      else {
        setPlaying(false)
        go({ at: undefined }, 'replace')
      }
    }, frameMs)
    return () => clearTimeout(timer)
  }, [isPlaying, shown, from, to])
  if (journal === undefined)
    return (
      <footer class="time">
        <span class="faint">Without a journal, only now can be asked.</span>
      </footer>
    )
  const play = (): void => {
    if (!isPlaying && at === undefined) go({ at: from })
    setPlaying(!isPlaying)
  }
  return (
    <footer class={`time${at === undefined ? '' : ' past'}`}>
      <button type="button" class="play" aria-pressed={isPlaying} onClick={play}>
        {isPlaying ? 'Pause' : 'Play'}
      </button>
      <input
        type="range"
        aria-label="The time that is shown"
        aria-valuetext={at === undefined ? 'now' : moment(shown)}
        min={from}
        max={to}
        step={100}
        value={shown}
        onInput={({ currentTarget }) => {
          setPlaying(false)
          go({ at: Number(currentTarget.value) }, 'replace')
        }}
      />
      <output class="mono">{at === undefined ? 'now' : `${moment(shown)} UTC`}</output>
      <button
        type="button"
        disabled={at === undefined}
        onClick={() => {
          setPlaying(false)
          go({ at: undefined })
        }}
      >
        Now
      </button>
      <button
        type="button"
        aria-pressed={since !== undefined}
        onClick={() => go({ since: shown, view: 'difference' })}
      >
        Compare from here
      </button>
    </footer>
  )
}
