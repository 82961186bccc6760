import { useRef } from 'preact/hooks'
import { number } from '../app/format.js'
import { Whole } from '../app/whole.js'
import type { ComparedService, Comparison, ServerState } from './compared.js'
import { placed, type Slots } from './slots.js'

const count = (servers: ComparedService['servers'], state: ServerState): number =>
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
        {number(count(servers, 'missing'))} missing, {number(count(servers, 'early'))} too early
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

/** Each service with its servers in two tables, and what their marks mean. */
export const ComparedServices = ({
  ours,
  naive,
}: {
  readonly ours: Comparison
  readonly naive: Comparison
}) => {
  const naiveOf = new Map(naive.services.map((one) => [one.service, one.servers]))
  return (
    <>
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
        <i class="server server-missing" /> live, and not in the table <i class="server server-early" /> in
        the table before its stage
      </p>
    </>
  )
}
