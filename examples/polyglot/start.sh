# The issuer and both APIs. What they need and is not there is made: a ring, clients with their secrets, settings. Ctrl-C
# ends all three, and so does the end of one.
set -eu
cd "$(dirname "$0")"
umask 077
ISSUER_PORT=${ISSUER_PORT:-8787}
PATH=$PWD/node_modules/.bin:$PATH

[ -e ring.json ] || bulla keys init --out ring.json
if [ ! -e bulla.toml ]; then
  rm -f billing.secret api.secret ops.secret
  bulla client new billing --resource https://api.example.com --scope 'orders:read orders:write' --out billing.secret
  bulla client new orders-api --kind resource_server --resource https://api.example.com --out api.secret
  bulla client new ops --kind operator --out ops.secret
  cat > bulla.toml.new <<END
[vars]
ISSUER = "http://localhost:$ISSUER_PORT"

[vars.RESOURCES."https://api.example.com"]
scopes = ["orders:read", "orders:write"]

$(sed 1,2d billing.secret)

$(sed 1,2d api.secret)

$(sed 1,2d ops.secret)
END
  mv bulla.toml.new bulla.toml
fi
(cd go && go build -o ../orders-api .)

trap 'kill $pids 2>/dev/null; wait' EXIT
trap exit INT TERM
KEY_RING_FILE=ring.json bulla serve --settings bulla.toml & pids=$!
ISSUER=$(sed -n 's/^ISSUER = "\(.*\)"$/\1/p' bulla.toml)
CLIENT_SECRET=$(head -1 api.secret)
export ISSUER CLIENT_SECRET
(cd python && exec python3 -m uvicorn api:app --host 127.0.0.1 --port "${PYTHON_PORT:-3001}") & pids="$pids $!"
PORT=${GO_PORT:-3002} ./orders-api & pids="$pids $!"
while kill -0 $pids; do sleep 1; done
