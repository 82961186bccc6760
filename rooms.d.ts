export declare const rooms: readonly {
  readonly room: string
  readonly holds: string
  readonly imports: readonly string[]
}[]
