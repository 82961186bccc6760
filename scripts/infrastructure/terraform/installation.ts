/** What the stand-in provider needs: three packages, and the bindings of Terraform's AWS provider. */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Installable, ran, Unavailable } from '../../conformance/witness.js'
import { bindingOf } from './schemas.js'

const packages = fileURLToPath(new URL('packages.json', import.meta.url))

/** The types of resources that the modules use. */
export const resourceTypes = [
  'aws_cloudwatch_event_rule',
  'aws_cloudwatch_event_target',
  'aws_cloudwatch_log_group',
  'aws_cloudwatch_metric_alarm',
  'aws_dynamodb_table',
  'aws_ecs_service',
  'aws_ecs_task_definition',
  'aws_iam_role',
  'aws_iam_role_policy',
  'aws_iam_role_policy_attachment',
  'aws_sns_topic',
  'aws_sns_topic_policy',
  'aws_sns_topic_subscription',
  'aws_sqs_queue',
  'aws_sqs_queue_policy',
]

/** The data sources that the modules use, with the answers that CloudFormation's pseudo parameters have in the tests. */
export const dataSources = {
  aws_caller_identity: { account_id: '123456789012' },
  aws_partition: { partition: 'aws' },
  aws_region: { region: 'eu-west-1' },
}

export const bindingsIn = (home: string): string => join(home, 'package')

export const terraformBindings: Installable = {
  name: 'terraform-bindings',
  pinnedBy: packages,
  install: async (folder) => {
    const { bindings } = JSON.parse(await readFile(packages, 'utf8')) as {
      readonly bindings: { readonly package: string; readonly integrity: string }
    }
    await mkdir(folder, { recursive: true })
    await copyFile(packages, join(folder, 'package.json'))
    await ran('npm', 'install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund')
    await ran('npm', 'pack', bindings.package, '--pack-destination', folder)
    const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
    if (archive === undefined) throw new Unavailable(`npm has packed no ${bindings.package}`)
    const path = join(folder, archive)
    const integrity = `sha512-${createHash('sha512')
      .update(await readFile(path))
      .digest('base64')}`
    if (integrity !== bindings.integrity)
      throw new Error(`${bindings.package} is not the one that was pinned`)
    // Unpacked as a whole it has 4,468 files.
    const wanted = [
      ...resourceTypes.map((type) => bindingOf('resource', type)),
      ...Object.keys(dataSources).map((type) => bindingOf('data', type)),
    ].map((file) => `package/${file}`)
    await ran('tar', '-xzf', path, '-C', folder, ...wanted)
    await rm(path)
  },
}
