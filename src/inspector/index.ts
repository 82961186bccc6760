export * from './inspector.js'
export * from './overview.js'
export * from './tables.js'
