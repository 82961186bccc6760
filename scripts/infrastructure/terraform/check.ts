/** Applies the Terraform modules against a stand-in for the provider, and compares them with the templates. */
import { join } from 'node:path'
import { installed } from '../../conformance/witness.js'
import { differences } from '../differences.js'
import { parsed, resourcesOf, sampleParameters } from '../template.js'
import { templateView } from '../worker-view.js'
import type { Verdict } from '../verdict.js'
import { caseTitle, clusterArns, workerCases } from '../worker-cases.js'
import { modulePath, templatePath } from './event-path-view.js'
import { bindingsIn, dataSources, resourceTypes, terraformBindings } from './installation.js'
import { moduleArguments } from './module-arguments.js'
import { moduleView } from './module-view.js'
import { standInProvider } from './stand-in-provider.js'
import { type Terraform, terraform, terraformOnPath } from './terraform.js'

const severalQueues = ['several queues without a topic', 'Several queues need fan_out'] as const

/** What the module `worker` must refuse, each with a part of what it says. */
const refusals: readonly (readonly [
  flaw: string,
  message: string,
  change: Readonly<Record<string, unknown>>,
])[] = [
  ['no queue', 'envoy needs a queue', { worker: 'envoy' }],
  ['no topic', 'topic_arn is for', { worker: 'ecs-task-tracker' }],
  ['no zone', 'hosted_zone_id is for', { worker: 'srv-records' }],
  ['no target', 'target is for', { worker: 'target' }],
  ['several tasks without a journal', 'need journal = true', { worker: 'envoy', desired_count: 2 }],
  ['a driver that does not route', 'prometheus does not', { worker: 'prometheus', continue_paused: true }],
  [
    'a secret that nobody takes',
    'traefik-table takes no secret',
    { worker: 'traefik-table', secret_arn: 'arn:aws:secret' },
  ],
]

/** Everything that can be applied is applied at once: Terraform's start takes longer than the rest. */
const flawsOf = async (tool: Terraform, folder: string): Promise<readonly string[]> => {
  const workerModule = join(folder, 'worker')
  const pathModule = join(folder, 'event-path')
  const flaws: string[] = []
  const formatting = await tool.badlyFormatted(folder)
  if (formatting !== '') flaws.push(`not formatted by ${tool.program} fmt:\n${formatting}`)

  const paths = [false, true]
  const calls: readonly (readonly [name: string, call: object])[] = [
    ...workerCases.map(
      (one, i) =>
        [`case_${i}`, { source: workerModule, name: `case-${i}`, ...moduleArguments(one) }] as const,
    ),
    ...paths.map(
      (isFannedOut) =>
        [
          `path_${String(isFannedOut)}`,
          { source: pathModule, name: 'path', cluster_arns: clusterArns, fan_out: isFannedOut },
        ] as const,
    ),
  ]
  const applied = await tool.apply({ module: Object.fromEntries(calls) }).catch((thrown: unknown) => {
    flaws.push(String(thrown))
    return undefined
  })
  if (applied === undefined) return flaws

  workerCases.forEach((one, i) => {
    const expected = templateView(resourcesOf(parsed(`${one.worker}.yaml`), one.parameters))
    const found = differences(expected, moduleView(applied[`case_${i}`] ?? [], `case-${i}`))
    flaws.push(...found.map((difference) => `${caseTitle(one)}: ${difference}`))
  })
  for (const isFannedOut of paths) {
    const template = parsed('event-path.yaml')
    const parameters = {
      ...sampleParameters(template),
      ClusterArns: clusterArns,
      FanOut: String(isFannedOut),
    }
    const expected = templatePath(resourcesOf(template, parameters))
    const found = differences(expected, modulePath(applied[`path_${String(isFannedOut)}`] ?? []))
    flaws.push(...found.map((difference) => `event-path, fan_out ${String(isFannedOut)}: ${difference}`))
  }

  const example = {
    image: 'image@sha256:0',
    subnets: ['subnet-1'],
    security_groups: ['sg-1'],
    hosted_zone_id: 'Z0123456789ABCDEFGHIJ',
  }
  await tool
    .apply({ module: { example: { source: `${folder}//example`, ...example } } })
    .catch((thrown: unknown) => flaws.push(`the example: ${String(thrown)}`))

  const least = {
    source: workerModule,
    cluster_name: 'staging',
    image: 'i',
    host_cluster: 'tools',
    subnets: ['s'],
    security_groups: ['g'],
  }
  const refused = await tool
    .apply({
      module: {
        ...Object.fromEntries(refusals.map(([, , change], i) => [`wrong_${i}`, { ...least, ...change }])),
        path: { source: pathModule, cluster_arns: clusterArns, queues: ['a', 'b'] },
      },
    })
    .then(
      () => '',
      // Terraform breaks lines, and draws a frame.
      (thrown: unknown) => String(thrown).replace(/[\s│]+/g, ' '),
    )
  for (const [flaw, message] of [...refusals, severalQueues])
    if (!refused.includes(message)) flaws.push(`the modules do not refuse ${flaw}: they say ${refused}`)
  return flaws
}

/** Rejects with `Unavailable` if the bindings cannot be installed. */
export const checkTerraform = async (checkout: string): Promise<Verdict> => {
  const found = terraformOnPath()
  if (found === undefined)
    return { _tag: 'Unavailable', why: 'there is no `tofu` or `terraform` on the PATH' }
  const packages = await installed(join(checkout, '.conformance'), terraformBindings)
  const standIn = await standInProvider({
    packages,
    bindings: bindingsIn(packages),
    resources: resourceTypes,
    data: dataSources,
  })
  try {
    const flaws = await flawsOf(
      terraform(found, standIn.reattach),
      join(checkout, 'infrastructure/terraform'),
    )
    return flaws.length === 0
      ? {
          _tag: 'Fine',
          what: `${found.version} applies the modules, and they come to what the templates come to, in ${workerCases.length} cases`,
        }
      : { _tag: 'Flaws', flaws }
  } finally {
    standIn.close()
  }
}
