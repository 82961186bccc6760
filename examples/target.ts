/**
 * Tells the services of ECS clusters to one target: a worker for each file in `targets/`. See docs/target.md. Start it
 * with `ecs-task-stream target --target <name>`, or copy the file of a target and adapt it.
 */
import { chooseWorker } from 'ecs-task-stream/worker'
import caddy from './targets/caddy.js'
import cloudMap from './targets/cloud-map.js'
import eventBridge from './targets/event-bridge.js'
import haproxy from './targets/haproxy.js'
import nginx from './targets/nginx.js'
import webhook from './targets/webhook.js'

export const targets = [webhook, eventBridge, haproxy, nginx, caddy, cloudMap] as const

export default chooseWorker({
  name: 'target',
  summary: 'Follows ECS clusters and tells one target where their services run',
  by: 'target',
  workers: targets,
})
