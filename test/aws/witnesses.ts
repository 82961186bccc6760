/** The servers that others wrote, which `npm run test:aws` starts. */

const url = process.env['MOTO_URL']
if (url === undefined) throw new Error('there is no MOTO_URL: these tests are run by `npm run test:aws`')

/** An account of moto, in all services. */
export const moto = {
  url,
  /** Leaves nothing of what was before: every file has the account for itself. */
  empty: async (): Promise<void> => {
    const { status } = await fetch(`${url}/moto-api/reset`, { method: 'POST' })
    if (status !== 200) throw new Error(`moto would not be emptied: ${status}`)
  },
}

/** Amazon's DynamoDB Local. Nothing where there is no Java. */
export const dynamoDbLocalUrl = process.env['DYNAMODB_LOCAL_URL']
