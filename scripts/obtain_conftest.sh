#!/bin/sh
# Prints the path of Conftest, the version pinned here, or says why there is none and exits 1:
# obtain_program.sh says how. AUDITOR_CONFTEST_RELEASES is a mirror of the releases.
set -eu

program=conftest
name=Conftest
version=0.66.0
ask=--version
module=github.com/open-policy-agent/conftest
ldflags="-X $module/internal/version.Version=$version"
releases=${AUDITOR_CONFTEST_RELEASES:-https://github.com/open-policy-agent/conftest/releases/download}
case $(uname -s)_$(uname -m) in
Linux_x86_64) asset=conftest_${version}_Linux_x86_64.tar.gz ;;
Linux_aarch64) asset=conftest_${version}_Linux_arm64.tar.gz ;;
Darwin_x86_64) asset=conftest_${version}_Darwin_x86_64.tar.gz ;;
Darwin_arm64) asset=conftest_${version}_Darwin_arm64.tar.gz ;;
*) asset= ;;
esac
checksums=checksums.txt

. "$(dirname "$0")/obtain_program.sh"
