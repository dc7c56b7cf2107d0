#!/bin/sh
# Garage takes its first key and its cluster's secret from the environment only: this reads them from the secrets' files.
set -eu
GARAGE_RPC_SECRET="$(cat /run/secrets/storage_rpc_secret)"
GARAGE_DEFAULT_ACCESS_KEY="$(cat /run/secrets/s3_access_key)"
GARAGE_DEFAULT_SECRET_KEY="$(cat /run/secrets/s3_secret_key)"
export GARAGE_RPC_SECRET GARAGE_DEFAULT_ACCESS_KEY GARAGE_DEFAULT_SECRET_KEY
exec garage "$@"
