import { rooms } from './rooms.js'

const escaped = (path) => path.replace(/[.]/g, '\\.')

/** A rule for one row of the table. Files that stand directly in `src/sources` or `src/sinks` are rooms' main files. */
const rule = ({ room, imports }) => {
  const own = escaped(room).replace('*', '([^/]+)')
  const allowed = [room, ...imports].map((path) => escaped(path).replace('*', '$1'))
  const others = rooms
    .map((one) => one.room)
    .filter((one) => one !== room && one.startsWith(room.replace('*', '')))
  return {
    name: `rooms: ${room}`,
    comment: `${room} may import ${imports.length === 0 ? 'nothing but itself' : imports.join(', ')}: see rooms.js`,
    severity: 'error',
    from: {
      path: `^${own}/`,
      ...(others.length === 0 ? {} : { pathNot: others.map((one) => `^${escaped(one)}/`) }),
    },
    to: {
      path: '^(?:src|examples|sim|demo|bench|test|scripts|page)/',
      pathNot: allowed.map((path) => `^${path}/`),
    },
  }
}

export default {
  forbidden: [
    {
      name: 'no circles',
      comment:
        'Files that need each other are one thing: join them, or move what both need into a third file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...rooms.map(rule),
    {
      name: 'examples are outside',
      comment: 'Examples import `ecs-task-stream/…`, as users do.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^src/', dependencyTypes: ['local'] },
    },
    {
      name: 'core is pure',
      comment: 'Core and the inspector know no SDK, no logger and nothing of Node.',
      severity: 'error',
      from: { path: '^src/(?:core|inspector)/' },
      to: { dependencyTypes: ['core', 'npm'], pathNot: ['node_modules/(?:rxjs|fp-ts)/'] },
    },
    {
      name: 'shipped code needs no development dependency',
      severity: 'error',
      from: { path: '^(?:src|examples)/', pathNot: '^src/testing/' },
      to: {
        dependencyTypes: ['npm-dev'],
        pathNot: ['node_modules/@types/'],
        dependencyTypesNot: ['npm-peer', 'type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['ecs-task-stream:source', 'import', 'types', 'default'],
    },
  },
}
