import type { MarkdownRenderer } from 'vitepress'

/** `{{` in a page is text, as on GitHub. Without this, Vue takes it for an expression. */
export const plainBraces = (md: MarkdownRenderer): void => {
  for (const rule of ['text', 'code_inline']) {
    const render = md.renderer.rules[rule]
    if (render === undefined) continue
    md.renderer.rules[rule] = (...of) => render(...of).replaceAll('{', '&#123;')
  }
}
