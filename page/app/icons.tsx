import type { ComponentChildren } from 'preact'

const Icon = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <svg class={`icon icon-${name}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    {children}
  </svg>
)

/** Shapes differ, so that nobody needs to see their colours. */
export const StateIcon = ({ state }: { readonly state: 'ok' | 'broken' | 'waiting' | 'unknown' }) => {
  switch (state) {
    case 'ok':
      return (
        <Icon name="ok">
          <circle cx="8" cy="8" r="7" />
          <path d="M4.8 8.2 7 10.4l4.2-4.6" />
        </Icon>
      )
    case 'broken':
      return (
        <Icon name="broken">
          <path d="M8 1 15 14H1z" />
          <path d="M8 6v4M8 11.6v.6" />
        </Icon>
      )
    case 'waiting':
      return (
        <Icon name="waiting">
          <circle cx="8" cy="8" r="7" />
          <path d="M8 4v4l2.6 2" />
        </Icon>
      )
    case 'unknown':
      return (
        <Icon name="unknown">
          <circle cx="8" cy="8" r="6" />
        </Icon>
      )
  }
}
