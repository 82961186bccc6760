import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pythonPackages } from './python-packages.js'
import { ran, type Witness } from './witness.js'

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** Most of AWS in one Python process. */
export const moto: Witness = {
  name: 'moto',
  pinnedBy: here('requirements.txt'),
  install: (folder) => pythonPackages(folder, here('requirements.txt')),
  command: (folder, port) => [join(folder, 'bin/moto_server'), '--host', '127.0.0.1', '--port', String(port)],
}

/** Amazon's own DynamoDB for local use, in Java. */
export const dynamoDbLocal: Witness = {
  name: 'dynamodb-local',
  pinnedBy: here('pom.xml'),
  install: async (folder) => {
    // A full JDK: it compiles the launcher.
    await ran('javac', '-version')
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
    await ran('mvn', '-q', '-B', '-f', here('pom.xml'), copy, `-DoutputDirectory=${folder}`)
  },
  command: (folder, port) => [
    'java',
    // The tables are in SQLite, in memory. SQLite's native library is beside the jars.
    `-Djava.library.path=${folder}`,
    '-cp',
    join(folder, '*'),
    here('LoopbackDynamoDb.java'),
    '-inMemory',
    '-disableTelemetry',
    '-port',
    String(port),
  ],
}
