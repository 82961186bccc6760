import type { Notice } from 'ecs-task-stream'

/** Whether a notice says only that a source works: that it calls, is answered, and takes snapshots. */
export const isRoutine = ({ _tag }: Pick<Notice, '_tag'>): boolean =>
  _tag === 'Answered' || _tag === 'Called' || _tag === 'SnapshotTaken' || _tag === 'SnapshotDue'
