import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { number } from '../app/format.js'
import { Whole } from '../app/whole.js'
import type { ComparedService, Comparison } from './compared.js'
import type { SimulationView } from './simulation.js'
import { placed, type Slots } from './slots.js'
import type { Fault, Faults } from './transport.js'

export interface StageActions {
  readonly toggleFault: (fault: Fault) => void
  readonly killTask: () => void
  readonly replaceMachine: () => void
  readonly deploy: () => void
  readonly toggleLife: () => void
  readonly togglePause: () => void
  readonly restart: () => void
  readonly download: () => void
  readonly open: (files: readonly File[]) => void
}

export interface StageProps {
  readonly view: SimulationView
  readonly faults: Faults
  readonly isLively: boolean
  readonly isPaused: boolean
  readonly seed: number
  readonly actions: StageActions
}

const faultNames: readonly (readonly [fault: Fault, name: string])[] = [
  ['drop', 'Dropped'],
  ['double', 'Doubled'],
  ['delay', 'Delayed'],
  ['reorder', 'Reordered'],
]

const Toggle = ({
  on,
  toggle,
  children,
}: {
  readonly on: boolean
  readonly toggle: () => void
  readonly children: ComponentChildren
}) => (
  <button type="button" aria-pressed={on} onClick={toggle}>
    {children}
  </button>
)

const count = (servers: ComparedService['servers'], state: 'live' | 'dead' | 'missing'): number =>
  servers.filter((server) => server.state === state).length

/** The servers of a service in one table. Each has its place, the same in every table. */
const Servers = ({
  servers,
  slots,
}: {
  readonly servers: ComparedService['servers']
  readonly slots: Slots
}) => {
  const states = new Map(servers.map(({ address, state }) => [address, state]))
  return (
    <>
      <span class="aside">
        {number(count(servers, 'live'))} live, {number(count(servers, 'dead'))} dead,{' '}
        {number(count(servers, 'missing'))} missing
      </span>
      <span class="servers" aria-hidden="true">
        {slots.map((address = '', place) => {
          const state = states.get(address) ?? 'none'
          return <i key={place} class={`server server-${state}`} title={`${address}: ${state}`} />
        })}
      </span>
    </>
  )
}

const Score = ({ name, comparison }: { readonly name: string; readonly comparison: Comparison }) => (
  <div class="score">
    <h3>{name}</h3>
    <p class={comparison.dead > 0 ? 'differs' : ''}>
      <strong>{number(comparison.dead)}</strong> dead {comparison.dead === 1 ? 'server' : 'servers'}
    </p>
    <p class={comparison.missing > 0 ? 'differs' : ''}>
      <strong>{number(comparison.missing)}</strong> missing
    </p>
  </div>
)

const ServiceLine = ({
  service,
  ours,
  naive,
}: {
  readonly service: string
  readonly ours: ComparedService['servers']
  readonly naive: ComparedService['servers']
}) => {
  const slots = useRef<Slots>([])
  slots.current = placed(
    slots.current,
    [...ours, ...naive].map(({ address }) => address),
  )
  return (
    <tr>
      <th scope="row">{service}</th>
      <td class="amount">
        <Whole text={number(count(ours, 'live') + count(ours, 'missing'))} />
      </td>
      <td>
        <Servers servers={ours} slots={slots.current} />
      </td>
      <td>
        <Servers servers={naive} slots={slots.current} />
      </td>
    </tr>
  )
}

/** The simulated cluster beside two tables: the worker's, and that of a program that applies events one by one. */
export const Stage = ({ view, faults, isLively, isPaused, seed, actions }: StageProps) => {
  const { naive, ours, events, underWay } = view
  const naiveOf = new Map(naive.services.map((one) => [one.service, one.servers]))
  return (
    <section class="stage" aria-label="The simulation">
      <div class="scores">
        <Score name="Event by event" comparison={naive} />
        <Score name="This worker" comparison={ours} />
        <div class="score">
          <h3>Events</h3>
          <p>{`${number(events)} sent`}</p>
          <p class="faint">{`${number(underWay)} under way`}</p>
        </div>
      </div>
      <div class="scrolls" tabIndex={0} role="region" aria-label="Services">
        <table class="facts">
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col" class="amount">
                Runs
              </th>
              <th scope="col">This worker’s table</th>
              <th scope="col">Event by event</th>
            </tr>
          </thead>
          <tbody>
            {ours.services.map(({ service, servers }) => (
              <ServiceLine
                key={service}
                service={service}
                ours={servers}
                naive={naiveOf.get(service) ?? []}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p class="faint key" aria-hidden="true">
        <i class="server server-live" /> live <i class="server server-dead" /> dead, and still in the table{' '}
        <i class="server server-missing" /> live, and not in the table
      </p>
      <div class="controls">
        <fieldset>
          <legend>Events are</legend>
          {faultNames.map(([fault, name]) => (
            <Toggle key={fault} on={faults[fault]} toggle={() => actions.toggleFault(fault)}>
              {name}
            </Toggle>
          ))}
        </fieldset>
        <fieldset>
          <legend>Make it happen</legend>
          <button type="button" onClick={actions.killTask}>
            Kill a task
          </button>
          <button type="button" onClick={actions.replaceMachine}>
            Replace a machine
          </button>
          <button type="button" onClick={actions.deploy}>
            Deploy
          </button>
        </fieldset>
        <fieldset>
          <legend>The cluster of seed {seed}</legend>
          <Toggle on={!isLively} toggle={actions.toggleLife}>
            Rest
          </Toggle>
          <Toggle on={isPaused} toggle={actions.togglePause}>
            Pause
          </Toggle>
          <button type="button" onClick={actions.restart}>
            Another one
          </button>
        </fieldset>
        <fieldset>
          <legend>Recording</legend>
          <button type="button" onClick={actions.download}>
            Download
          </button>
          <label class="file">
            Open …
            <input
              type="file"
              multiple
              class="aside"
              onChange={({ currentTarget }) => actions.open([...(currentTarget.files ?? [])])}
            />
          </label>
        </fieldset>
      </div>
    </section>
  )
}
