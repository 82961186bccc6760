import type { Json } from './json.js'
import type { BindingFacts, InterfaceFacts, TaskFacts } from './task-facts.js'

/** The details of an interface's attachment: only the subnet until the interface is attached. */
export const interfaceDetails = (eni: InterfaceFacts, region: string): readonly Json[] => {
  const subnet = { name: 'subnetId', value: eni.subnetId }
  if (eni.status === 'PRECREATED') return [subnet]
  return [
    subnet,
    { name: 'networkInterfaceId', value: eni.id },
    { name: 'macAddress', value: eni.macAddress },
    {
      name: 'privateDnsName',
      value: `ip-${eni.privateIp.replaceAll('.', '-')}.${region}.compute.internal`,
    },
    { name: 'privateIPv4Address', value: eni.privateIp },
    ...(eni.ipv6 === undefined ? [] : [{ name: 'ipv6Address', value: eni.ipv6 }]),
  ]
}

/** The network interfaces that each container lists. */
export const containerInterfaces = ({ networkInterface: eni }: TaskFacts): readonly Json[] => {
  if (eni === undefined || eni.status === 'PRECREATED') return []
  return [
    {
      attachmentId: eni.attachmentId,
      privateIpv4Address: eni.privateIp,
      ...(eni.ipv6 === undefined ? {} : { ipv6Address: eni.ipv6 }),
    },
  ]
}

/** A row for IPv4, and a second one where Docker binds the port for IPv6 as well. */
export const networkBindings = ({
  containerPort,
  hostPort,
  protocol,
  dualStack,
}: BindingFacts): readonly Json[] => {
  const bound = { containerPort, hostPort, protocol }
  const ipv4 = { bindIP: '0.0.0.0', ...bound }
  return dualStack ? [ipv4, { bindIP: '::', ...bound }] : [ipv4]
}
