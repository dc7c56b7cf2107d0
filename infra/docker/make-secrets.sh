#!/bin/sh
# Makes every secret of docker-compose.yml in ./secrets, once: an existing folder is left as it is.
# The folder is for its owner only; the files in it are readable, because containers read them as users of their own.
set -eu
umask 022
cd "$(dirname "$0")/../.."
if [ -e secrets ]; then
    echo "secrets/ exists already; remove it first if you mean to lose what it opens." >&2
    exit 1
fi
mkdir -m 0700 secrets
cd secrets

hex() { od -An -v -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }
put() { printf '%s' "$2" > "$1"; }

admin="$(hex 24)"
put postgres_password "$admin"
put database_admin "postgresql://postgres:$admin@postgres:5432/postgres"
for role in owner app portal relay sealer auditor exporter eraser; do
    put "database_$role" "postgresql://seloste_$role:$(hex 24)@postgres:5432/seloste"
done
redis="$(hex 24)"
put redis_conf "requirepass $redis"
put redis_url "redis://:$redis@redis:6379/0"
put s3_access_key "GK$(hex 12)"
put s3_secret_key "$(hex 32)"
put storage_rpc_secret "$(hex 32)"
put master_key "$(head -c 32 /dev/urandom | base64)"
put certificate_key "$(head -c 32 /dev/urandom | base64)"
put smtp_password ""

echo "Made $(ls | wc -l) secrets in secrets/."
echo "Keep a copy of secrets/master_key apart from the backups: without it sealed data stays sealed for ever."
echo "Put the mail server's password into secrets/smtp_password if it wants one."
