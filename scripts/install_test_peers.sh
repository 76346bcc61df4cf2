#!/bin/sh
# Installs the servers that the tests talk to, where they are missing: rsyslog and its TLS driver,
# PostgreSQL, YARA; an OpenID Connect provider; and wrk, which loads servers in benchmarks.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
provider="$here/tests/e2e/market/oidc"
installed="$provider/node_modules/.package-lock.json"
if [ ! -e "$installed" ] || [ "$provider/package-lock.json" -nt "$installed" ]; then
  npm ci --prefix "$provider" --silent
fi

missing=""
[ -x /usr/sbin/rsyslogd ] || missing="$missing rsyslog"
ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1 || missing="$missing rsyslog-gnutls"
command -v yara >/dev/null || missing="$missing yara"
command -v openssl >/dev/null || missing="$missing openssl"
command -v wrk >/dev/null || missing="$missing wrk"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need:$missing" >&2
  echo "Install them as root, on Debian: apt-get install$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # names of packages, one a word
# Nothing is started: the tests start their own.
RUNLEVEL=1 apt-get install -qq --no-install-recommends $missing >/dev/null
