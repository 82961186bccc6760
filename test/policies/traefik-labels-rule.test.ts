import { strictEqual, throws } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { containerName, normalize } from '../../src/sinks/traefik/labels/container-name.js'
import { ruleTemplateOf } from '../../src/sinks/traefik/labels/rule.js'
import { holds } from '../laws/holds.js'

const model = { name: 'service-web-app', labels: { 'com.example.domain': 'example.com', empty: '' } }

describe('the default rule', () => {
  it.each<[string, string]>([
    ['Host(`{{ normalize .Name }}`)', 'Host(`service-web-app`)'],
    ['Host(`{{.Name}}.example.com`) && Path(`/`)', 'Host(`service-web-app.example.com`) && Path(`/`)'],
    ['Host(`{{ index .Labels "com.example.domain" }}`)', 'Host(`example.com`)'],
    ['Host(`{{ index .Labels "missing" }}`)', 'Host(``)'],
    ['{{ index .Labels "constructor" }}', ''],
    ['{{ .Name | trimPrefix "service-" | upper }}', 'WEB-APP'],
    ['{{ trimSuffix "-app" (trimPrefix `service-` .Name) }}', 'web'],
    ['{{ replace "-" "." .Name }}', 'service.web.app'],
    ['{{ "com.example.domain" | index .Labels | lower }}', 'example.com'],
    ['{{ "a }} \\"b" }}', 'a }} "b'],
    ['a  {{- .Name -}}  b', 'aservice-web-appb'],
    ['{{ "$&" | replace "$" "$&" }}', '$&&'],
    ['Host(`a`)', 'Host(`a`)'],
    ['', ''],
  ])('%s gives %s', (rule, expected) => {
    strictEqual(ruleTemplateOf(rule)(model), expected)
  })

  it.each<[string, RegExp]>([
    [
      '{{ if .Name }}a{{ end }}',
      /expected \.Name, index \.Labels.*, got \{\{ if \.Name \}\}: unknown function "if"/,
    ],
    ['{{ .Names }}', /unknown field \.Names/],
    ['{{ .Labels }}', /unknown field \.Labels/],
    ['{{ normalize }}', /"normalize" takes 1 texts, got 0/],
    ['{{ .Name .Name }}', /unexpected "\.Name"/],
    ['{{ .Name | "a" }}', /expected a function after \|/],
    ['{{ index .Name "a" }}', /expected \.Labels after index/],
    ['{{ (.Name }}', /expected "\)"/],
    ['{{ }}', /nothing to print/],
    ['{{ $x := 1 }}', /unexpected "\$"/],
    ['Host(`{{ .Name }`)', /expected }} after every \{\{, got none/],
    ['x'.repeat(2001), /at most 2000 characters, got 2001/],
  ])('is refused with what is supported: %s', (rule, reason) => {
    throws(
      () => ruleTemplateOf(rule),
      (error) =>
        error instanceof RangeError &&
        reason.test(error.message) &&
        error.message.startsWith('defaultRule: '),
    )
  })
})

describe('a container’s name for Traefik', () => {
  it.each([
    ['service:web', 'nginx', 'service-web-nginx'],
    ['family:web', 'nginx', 'family-web-nginx'],
    ['service:a_b:c', 'é.1', 'service-a-b-c-é-1'],
    [undefined, 'nginx', 'nginx'],
  ])('of group %s and container %s is %s', (group, container, name) => {
    strictEqual(containerName(group, container), name)
  })

  it('has letters, digits and single hyphens between them, and is normal already', () => {
    holds(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const name = normalize(text)
        strictEqual(/^(?:[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*)?$/u.test(name), true)
        strictEqual(normalize(name), name)
      }),
    )
  })
})
