import type { TableName, Tables } from '../../../src/inspector/tables.js'
import type { Column } from '../../table/column.js'

/** The columns of a table, in their order. */
export type TableColumns<K extends TableName> = readonly Column<Tables[K]>[]
