# Finds a JDK 25 or newer and sets JAVA_HOME to it; sourced by ./chuan and ./mvnw (POSIX sh).
# Order: CHUAN_JAVA_HOME, JAVA_HOME, java on the PATH, then the usual folders of each system.
# Without one: says in one line how to get it, and ends with status 2.

chuan_jdk_major() { # folder -> its major version on stdout, or nothing
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 0
  if [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
  else
    "$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1
  fi
}

chuan_find_jdk() {
  chuan_path_java=$(command -v java 2>/dev/null || true)
  if [ -n "$chuan_path_java" ]; then
    # Follow links by hand: readlink -f is missing on older macOS.
    while [ -L "$chuan_path_java" ]; do
      chuan_link=$(readlink "$chuan_path_java")
      case "$chuan_link" in
        /*) chuan_path_java=$chuan_link ;;
        *) chuan_path_java=$(dirname "$chuan_path_java")/$chuan_link ;;
      esac
    done
    chuan_path_java=$(dirname "$(dirname "$chuan_path_java")")
  fi
  case $- in *f*) chuan_noglob=1 ;; *) chuan_noglob= ;; esac
  set +f
  for chuan_home in "${CHUAN_JAVA_HOME-}" "${JAVA_HOME-}" "$chuan_path_java" \
    /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* /opt/*jdk* \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    [ -n "$chuan_home" ] || continue
    chuan_major=$(chuan_jdk_major "$chuan_home")
    if [ "${chuan_major:-0}" -ge 25 ] 2>/dev/null; then
      JAVA_HOME=$chuan_home
      export JAVA_HOME
      [ -z "$chuan_noglob" ] || set -f
      return 0
    fi
  done
  echo "chuan: no JDK 25 or newer found; install one (Debian: apt install temurin-25-jdk or openjdk-25-jdk; any system: adoptium.net) or point JAVA_HOME at it" >&2
  return 2
}
