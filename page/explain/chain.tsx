import type { ChainLink } from '../../src/core/explain/chain.js'
import { StateIcon } from '../app/icons.js'

const spoken: Readonly<Record<ChainLink['state'], string>> = {
  ok: 'in order',
  broken: 'broken here',
  waiting: 'waiting here',
  unknown: 'not reached',
}

/** Whether a link is the one where a chain ends. */
const ends = ({ state, says }: ChainLink): boolean =>
  state === 'broken' || state === 'waiting' || (state === 'unknown' && says !== 'not reached')

export const Link = ({ link }: { readonly link: ChainLink }) => (
  <li class={`link link-${link.state}${ends(link) ? ' ends' : ''}`}>
    <StateIcon state={link.state} />
    <span class="link-name">{link.link}</span>
    <span class="aside">{`, ${spoken[link.state]}: `}</span>
    <span class="link-says">{link.says}</span>
    {link.todo !== undefined && ends(link) && <span class="todo">{link.todo}</span>}
  </li>
)

/** Links in their order; the first that is not in order is marked. */
export const Chain = ({ links, label }: { readonly links: readonly ChainLink[]; readonly label: string }) => (
  <ol class="chain" aria-label={label}>
    {links.map((link) => (
      <Link key={link.link} link={link} />
    ))}
  </ol>
)
