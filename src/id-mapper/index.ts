/** Answers which container, task, instance and service belong together: `ecs-task-stream/id-mapper`. */
export { idMapper, type IdMapperOptions } from './id-mapper.js'
export {
  defaultTemplates,
  type LinkKind,
  type LinkOptions,
  linkProblems,
  type LinkTemplates,
} from './links/links.js'
export { type Change, type TaskView, TaskIndex, type TaskIndexOptions } from './index/task-index.js'
export type { RelatedResources } from './index/related-resources.js'
export type { Phase, TaskRecord } from './index/task-record.js'
export type { ContainerIds, IdentifiedContainer } from './index/container-ids.js'
export type { Group, Groups, Membership } from './index/groups.js'
export type { OrderedSet } from './index/ordered-set.js'
