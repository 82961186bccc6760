import { OptionError } from '../../../core/option-error.js'
/** An IAM role ARN; the group is the account. Paths are allowed: `arn:aws:iam::123456789012:role/teams/web/reader`. */
const shape = /^arn:[a-z-]+:iam::(\d{12}):role\/(?:[!-~]{1,512}\/)?[\w+=,.@-]{1,64}$/

/** Whether a text is the ARN of an IAM role. */
export const isRoleArn = (text: string): boolean => shape.test(text)

/** The account of a role. @throws OptionError for an invalid role ARN. */
export const roleAccount = (arn: string): string => {
  const [, account] = shape.exec(arn) ?? []
  if (account === undefined)
    throw new OptionError(
      `role: expected the ARN of an IAM role, such as arn:aws:iam::123456789012:role/ecs-reader, got "${arn}"`,
    )
  return account
}
