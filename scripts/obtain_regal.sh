#!/bin/sh
# Prints the path of Regal, Rego's linter, the version pinned here, or says why there is none and exits 1:
# obtain_program.sh says how. AUDITOR_REGAL_RELEASES is a mirror of the releases.
set -eu

program=regal
name=Regal
version=0.42.0
ask=version
module=github.com/open-policy-agent/regal
ldflags="-X $module/pkg/version.Version=$version"
releases=${AUDITOR_REGAL_RELEASES:-https://github.com/open-policy-agent/regal/releases/download}
case $(uname -s)_$(uname -m) in
Linux_x86_64) asset=regal_Linux_x86_64 ;;
Linux_aarch64) asset=regal_Linux_arm64 ;;
Darwin_x86_64) asset=regal_Darwin_x86_64 ;;
Darwin_arm64) asset=regal_Darwin_arm64 ;;
*) asset= ;;
esac
checksums=checksums.txt
# Its version is looked at; it need not look for a newer one itself.
export REGAL_DISABLE_VERSION_CHECK=1

. "$(dirname "$0")/obtain_program.sh"
