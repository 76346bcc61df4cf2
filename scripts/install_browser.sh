#!/bin/sh
# Installs what looks at pages: Chromium from the distribution, playwright-core and axe-core from npm.
set -eu

if ! command -v chromium >/dev/null; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need Chromium. Install it as root, on Debian: apt-get install chromium" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq --no-install-recommends chromium >/dev/null
fi
cd "$(dirname "$0")/../tests/browser"
if [ ! -d node_modules/playwright-core ] || [ package-lock.json -nt node_modules ]; then
  npm ci --silent
  touch node_modules
fi
