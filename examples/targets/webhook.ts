/** Posts the state of each service that changes to a URL, as a signed CloudEvent. See docs/webhook.md. */
import { defaulted, list, onOff, optional, required, text, url } from 'ecs-task-stream/worker'
import { defineTarget } from 'ecs-task-stream/worker/clusters'

export default defineTarget({
  name: 'webhook',
  summary: 'Posts the state of each service that changes to a URL, as a signed CloudEvent',
  settings: {
    webhookUrl: required(url(), {
      description: 'Where events are posted to',
      example: 'https://targets.example.com/ecs',
    }),
    webhookSecrets: required(list('secrets', 'one or more secrets, separated by commas or blanks'), {
      isSecret: true,
      description: 'With which requests are signed: whsec_ and base64; two while the receivers change',
      example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }),
    webhookAllowHttp: defaulted(onOff(), false, {
      description: 'Whether the URL may begin with http:',
      example: 'on',
    }),
    webhookCursor: optional(text('path', 'the path of a file'), {
      description: 'File that remembers what was delivered, so that a restart delivers what has changed',
      example: '/var/lib/ecs-task-stream/delivered.json',
      otherwise: 'no file: each start delivers every service once more',
    }),
  },
  check: ({ webhookSecrets = [] }) =>
    webhookSecrets.every((secret) => secret.startsWith('whsec_'))
      ? []
      : [
          {
            settings: ['webhookSecrets'],
            message: 'each begins with whsec_, as Standard Webhooks writes it',
            example: 'WEBHOOK_SECRETS=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
          },
        ],
  sink: async ({ webhookUrl, webhookSecrets, webhookAllowHttp, webhookCursor }) => {
    // Loaded here, because `--help` needs none of it.
    const { webhook } = await import('ecs-task-stream/sinks/webhook')
    return webhook({
      url: webhookUrl,
      secrets: webhookSecrets,
      allowHttp: webhookAllowHttp,
      cursorPath: webhookCursor,
    })
  },
})
