import type { ComponentChildren } from 'preact'

/**
 * A text that is replaced as a whole when it changes. Where it is on the right, or others follow it, its beginning would
 * move otherwise, and browsers count that as a shift of the layout. `children`: what stands for the text, as elements.
 */
export const Whole = ({
  text,
  children = text,
}: {
  readonly text: string
  readonly children?: ComponentChildren
}) => <span key={text}>{children}</span>
