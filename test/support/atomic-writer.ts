/** Replaces a file over and over, by texts of one letter each, and tells each time. Ends only when it is killed. */
import { atomicFile } from '../../src/sinks/document/atomic-file.js'

const [path = '', size = '1000'] = process.argv.slice(2)
const file = atomicFile(path)
try {
  for (let n = 0; ; n++) {
    const letter = String.fromCharCode(97 + (n % 26))
    process.stdout.write(`${letter}\n`)
    await file.replace(letter.repeat(Number(size)), await file.read())
  }
} catch (thrown) {
  process.stderr.write(String(thrown))
  process.exitCode = 1
}
