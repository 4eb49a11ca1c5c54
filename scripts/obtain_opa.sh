#!/bin/sh
# Prints the path of a real OPA program, the version pinned here, or says why there is none and exits 1:
# obtain_program.sh says how. AUDITOR_OPA_RELEASES is a mirror of the releases.
set -eu

program=opa
name=OPA
version=1.22.2
ask=version
module=github.com/open-policy-agent/opa
ldflags=
releases=${AUDITOR_OPA_RELEASES:-https://github.com/open-policy-agent/opa/releases/download}
case $(uname -s)_$(uname -m) in
Linux_x86_64) asset=opa_linux_amd64_static ;;
Linux_aarch64) asset=opa_linux_arm64_static ;;
Darwin_x86_64) asset=opa_darwin_amd64 ;;
Darwin_arm64) asset=opa_darwin_arm64_static ;;
*) asset= ;;
esac
checksums=$asset.sha256

. "$(dirname "$0")/obtain_program.sh"
