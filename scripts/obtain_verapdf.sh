#!/bin/sh
# Prints the class path of veraPDF, in the version that verapdf/pom.xml pins, or says why there is none and exits 1.
# Maven obtains it; it stays in the folder AUDITOR_CACHE. With it, `java -cp "$(sh scripts/obtain_verapdf.sh)"
# scripts/verapdf/Validate.java FILE…` says whether PDF files are PDF/UA-1.
set -eu

here=$(cd "$(dirname "$0")" && pwd)/verapdf
cache=${AUDITOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/backup-auditor}
case $cache in
/*) ;;
*) cache=$(pwd)/$cache ;;
esac
version=$(sed -n '/validation-model/{n;s/.*<version>\(.*\)<.*/\1/p;}' "$here/pom.xml")
cache=$cache/verapdf-$version

say() { echo "obtain_verapdf: $*" >&2; }

for program in java mvn; do
    if ! command -v "$program" >/dev/null 2>&1; then
        say "there is no $program; install Java 17 or later and Maven"
        exit 1
    fi
done
if [ ! -e "$cache/whole" ]; then
    mkdir -p "$cache"
    if ! mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache" >"$cache/maven.log" 2>&1; then
        say "Maven could not obtain it (see $cache/maven.log)"
        exit 1
    fi
    touch "$cache/whole"
fi
echo "$cache/*"
