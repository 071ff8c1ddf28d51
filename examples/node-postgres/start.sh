# Two processes of the issuer on PostgreSQL, behind nginx with TLS and a path. What they need and is not there is made: a certificate, a
# ring, clients with their secrets, settings, tables. Ctrl-C ends all; the end of one process leaves the other.
set -eu
cd "$(dirname "$0")"
umask 077
PATH=$PWD/node_modules/.bin:$PATH
: "${GUARD_URL:=postgres:///bulla?host=/var/run/postgresql}"
export GUARD_URL KEY_RING_FILE=ring.json

mkdir -p run
[ -e localhost.key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout localhost.key -out localhost.crt 2>run/openssl.log
[ -e ring.json ] || bulla keys init --out ring.json
if [ ! -e bulla.toml ]; then
  rm -f billing.secret ops.secret
  bulla client new billing --resource https://api.example.com --scope orders:read --out billing.secret
  bulla client new ops --kind operator --out ops.secret
  cat > bulla.toml.new <<END
[vars]
ISSUER = "https://localhost:8443/auth"

[vars.RESOURCES."https://api.example.com"]
scopes = ["orders:read"]

$(sed 1,2d billing.secret)

$(sed 1,2d ops.secret)

$(bulla client new shop --public --name Shop --redirect-uri http://127.0.0.1/callback \
  --resource https://api.example.com --scope orders:read)
END
  mv bulla.toml.new bulla.toml
fi
bulla guard schema --dialect postgresql | psql -q -v ON_ERROR_STOP=1 "$GUARD_URL"

trap 'kill $pids 2>/dev/null || true; wait' EXIT
trap exit INT TERM
pids=
for port in 8787 8788; do
  bulla serve --settings bulla.toml --host 127.0.0.1 --port $port --trusted-proxies 127.0.0.1 & pids="$pids $!"
  echo $! > run/$port.pid
done
PATH=$PATH:/usr/sbin nginx -p . -c nginx.conf & pids="$pids $!"
until curl -fs --cacert localhost.crt https://localhost:8443/auth/healthz >run/health; do
  kill -0 $pids
  sleep 0.5
done
echo 'https://localhost:8443/auth is served by two processes.'
wait
