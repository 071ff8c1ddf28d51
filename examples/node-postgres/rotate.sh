# Once a week, by cron: the ring gets its next root when the newest is 30 days old, and both processes take it. It can be run again at
# any time, also after a run that was stopped half-way.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/node_modules/.bin:$PATH
bulla keys rotate --ring ring.json --in-place --every 2592000
bulla keys doctor --ring ring.json
ended=0
for pid in run/878[78].pid; do kill -HUP "$(cat "$pid")" || ended=1; done
NODE_EXTRA_CA_CERTS=localhost.crt bulla doctor --issuer https://localhost:8443/auth --client ops --secret-file ops.secret
exit $ended # a process that has ended is told last: the other has the ring
