#!/bin/sh
# Prints the class path of veraPDF, in the version that verapdf/pom.xml pins, or says why there is none and exits 1.
# Maven obtains it, but not with `--here`; it stays in the folder AUDITOR_CACHE. With it,
# `java -cp "$(sh scripts/obtain_verapdf.sh)" scripts/verapdf/Validate.java FILE…` says whether PDF files are PDF/UA-1.
set -eu

here=$(cd "$(dirname "$0")" && pwd)/verapdf
cache=${AUDITOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/backup-auditor}
case $cache in
/*) ;;
*) cache=$(pwd)/$cache ;;
esac
version=$(sed -n '/validation-model/{n;s/.*<version>\(.*\)<.*/\1/p;}' "$here/pom.xml")
cache=$cache/verapdf-$version

no() {
    echo "obtain_verapdf: $*; until then PDF/UA-1 is not checked" >&2
    exit 1
}

command -v java >/dev/null 2>&1 || no "there is no java; install a JDK, 17 or later"
java=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
[ "${java:-0}" -ge 17 ] || no "this java is version ${java:-unknown}; install a JDK, 17 or later"
case $(java --list-modules 2>/dev/null) in
*jdk.compiler@*) ;;
*) no "this java has no compiler; install a JDK, 17 or later, and not only what runs programs" ;;
esac
if [ ! -e "$cache/whole" ]; then
    [ "${1:-}" != --here ] || no "veraPDF $version is not here; obtain it with scripts/obtain_verapdf.sh"
    command -v mvn >/dev/null 2>&1 || no "there is no mvn; install Maven"
    mkdir -p "$cache"
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache" >"$cache/maven.log" 2>&1 ||
        no "Maven could not obtain it (see $cache/maven.log); make test-long tries again"
    touch "$cache/whole"
fi
echo "$cache/*"
