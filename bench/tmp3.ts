import { record } from './whole-path.js'
const r = record(); const e = JSON.parse(r.bodies[5000]!); console.log(e.detail.containers.map((c:any)=>c.name), r.definitions[0], e.detail.lastStatus)
