export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

/**
 * The script that makes a shell ask `ecs-task-stream complete` for what may come next. The words of the line follow it;
 * the last one is being written, and may be empty. Where there is no answer, the shell offers files.
 */
export const shellScript = (shell: Shell): string => {
  switch (shell) {
    case 'bash':
      return `# Load it with: source <(ecs-task-stream completion bash)
_ecs_task_stream() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
    ecs-task-stream complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null
  )
}
complete -o default -F _ecs_task_stream ecs-task-stream
`
    case 'zsh':
      return `#compdef ecs-task-stream
# Load it with: source <(ecs-task-stream completion zsh)
_ecs_task_stream() {
  local -a candidates
  candidates=(\${(f)"$(ecs-task-stream complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#candidates} )); then compadd -- "\${candidates[@]}"; else _files; fi
}
compdef _ecs_task_stream ecs-task-stream
`
    case 'fish':
      return `# Load it with: ecs-task-stream completion fish | source
function __ecs_task_stream
    set -l words (commandline -opc) (commandline -ct)
    ecs-task-stream complete -- $words[2..] 2>/dev/null
end
complete -c ecs-task-stream -f -a '(__ecs_task_stream)'
`
  }
}
