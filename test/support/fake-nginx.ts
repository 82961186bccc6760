import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What of nginx the sink meets, as a script: it tests upstreams in a configuration and in the folder `upstreams` beside
 * it, with the messages of nginx 1.22, and notes what it has loaded in `loaded`. It does not run while there is a file
 * `stopped`. `test/targets/nginx.test.ts` has a real nginx keep the same laws.
 */
const script = `#!/bin/sh
# -c CONF -t | -c CONF -s reload
conf=$2
home=\${conf%/*}
action=$3
set --
for file in "$home"/upstreams/*.conf; do [ -f "$file" ] && set -- "$@" "$file"; done
awk '
function refuse(message) {
  print "nginx: [emerg] " message > "/dev/stderr"
  print "nginx: configuration file '"$conf"' test failed" > "/dev/stderr"
  failed = 1
  exit 1
}
function here() { return " in " FILENAME ":" FNR }
/^ *(#.*)?$/ { next }
$1 == "upstream" {
  name = tolower($2)
  if (name in upstreams) refuse("duplicate upstream \\"" $2 "\\"" here())
  upstreams[name] = 1; inside = 1; servers = 0
  next
}
inside && $1 == "server" {
  servers++
  if ($2 ~ /[.]invalid:/) { sub(/;$/, "", $2); refuse("host not found in upstream \\"" $2 "\\"" here()) }
  for (i = 3; i <= NF; i++)
    if ($i !~ /^(weight=[1-9][0-9]*|max_fails=[0-9]+|fail_timeout=[0-9]+s|max_conns=[0-9]+|down);?$/) {
      sub(/;$/, "", $i); refuse("invalid parameter \\"" $i "\\"" here())
    }
  next
}
inside && $1 == "}" {
  if (servers == 0) refuse("no servers are inside upstream" here())
  inside = 0
  next
}
inside && $1 !~ /^(zone|least_conn;|keepalive)$/ { sub(/;$/, "", $1); refuse("unknown directive \\"" $1 "\\"" here()) }
match($0, /proxy_pass http:\\/\\/[^;\\/]+/) {
  name = substr($0, RSTART + 18, RLENGTH - 18)
  if (name !~ /[.$:]/) { needs[++count] = name; where[count] = here() }
}
END {
  if (failed) exit 1
  for (i = 1; i <= count; i++)
    if (!(tolower(needs[i]) in upstreams)) refuse("host not found in upstream \\"" needs[i] "\\"" where[i])
}' "$@" "$conf" || exit 1
[ "$action" = -t ] && exit 0
if [ -e "$home/stopped" ]; then
  echo "nginx: [error] invalid PID number \\"\\" in \\"$home/nginx.pid\\"" >&2
  exit 1
fi
cat "$@" /dev/null > "$home/loaded"
echo reload >> "$home/reloads"
`

/** Writes the program into the directory, and returns its path. */
export const fakeNginx = (directory: string): string => {
  const path = join(directory, 'nginx')
  writeFileSync(path, script)
  chmodSync(path, 0o755)
  return path
}
