# What ./run, ./runnel and ./test have in common. POSIX sh; to be sourced from the root.

DIST=distribution/target/runnel
BUILT=$DIST/.built

die() {
  echo "runnel: $*" >&2
  exit 1
}

# Installs the first of these packages that there is, where it may (root, apt-get), and says so.
install_one_of() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  if [ -z "${apt_updated:-}" ]; then
    apt-get update -qq >/dev/null 2>&1 || true
    apt_updated=yes
  fi
  for package in "$@"; do
    apt-cache show "$package" >/dev/null 2>&1 || continue
    echo "installing $package" >&2
    if DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1; then
      return 0
    fi
  done
  return 1
}

need_maven() {
  command -v mvn >/dev/null 2>&1 || install_one_of maven || true
  command -v mvn >/dev/null 2>&1 || die "Maven is needed to build; install it, such as the package maven"
}

# The major version of the JDK in a directory; nothing if there is none. Reads its release file,
# since asking the JVM costs a tenth of a second for each.
jdk_major() {
  [ -x "$1/bin/javac" ] && [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

jdk_on_path() {
  command -v javac >/dev/null 2>&1 || return 0
  dirname "$(dirname "$(readlink -f "$(command -v javac)")")"
}

# Every JDK from 17 on, as "major directory", the oldest first.
all_jdks() {
  for home in "${JAVA_HOME:-}" "$(jdk_on_path)" /usr/lib/jvm/* /opt/java/* /opt/jdk* \
    "$HOME"/.sdkman/candidates/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [ -d "$home" ] || continue
    major=$(jdk_major "$home")
    if [ "${major:-0}" -ge 17 ]; then echo "$major $home"; fi
  done | sort -n -u
}

# Sets JAVA_HOME and JAVA_MAJOR: RUNNEL_JAVA if it is set, else the newest JDK.
use_newest_jdk() {
  if [ -n "${RUNNEL_JAVA:-}" ]; then
    JAVA_HOME=$RUNNEL_JAVA
    JAVA_MAJOR=$(jdk_major "$JAVA_HOME")
    [ "${JAVA_MAJOR:-0}" -ge 17 ] || die "RUNNEL_JAVA=$RUNNEL_JAVA is no JDK 17 or newer"
  else
    newest=$(all_jdks | tail -n 1)
    if [ -z "$newest" ] && install_one_of openjdk-25-jdk-headless openjdk-21-jdk-headless openjdk-17-jdk-headless; then
      newest=$(all_jdks | tail -n 1)
    fi
    [ -n "$newest" ] || die "no JDK 17 or newer found (JAVA_HOME, PATH, /usr/lib/jvm); install one, such as openjdk-17-jdk-headless"
    JAVA_MAJOR=${newest%% *}
    JAVA_HOME=${newest#* }
  fi
  export JAVA_HOME
}

# Whether a source is newer than the distribution. A folder is newer when a file in it has gone.
is_stale() {
  [ -e "$BUILT" ] || return 0
  [ -n "$(find pom.xml ./*/pom.xml ./*/*/pom.xml ./*/src/main ./*/*/src/main browser/served -newer "$BUILT" 2>/dev/null | head -n 1)" ]
}

# Maven's words, as one line for each module and a sign of life while it downloads.
progress() {
  awk '
    /Downloaded from/ { if (++files % 25 == 0) { print "  " files " files downloaded"; fflush() } }
    /Building Runnel .*\[[0-9]+\/[0-9]+\]/ {
      line = $0; sub(/.*Building /, "", line); sub(/ [0-9][^ ]*SNAPSHOT */, " ", line)
      print "  " line; fflush()
    }'
}

build() {
  need_maven
  mkdir -p "$DIST"
  # One build at a time; the lock must not be passed on to the hub.
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$DIST/.lock"
    flock 9
    if ! is_stale; then exec 9>&-; return 0; fi
  fi
  log=$DIST/build.log
  started=$DIST/.started
  rm -rf "$DIST/lib" "$BUILT"
  : >"$started"
  echo "Building with $JAVA_HOME (the first time, Maven downloads what it needs)" >&2
  { mvn -B -pl distribution -am package -Dmaven.test.skip=true '-P!analysis' 2>&1 9>&- || printf "\nBUILD BROKEN\n"; } |
    tee "$log" | progress >&2
  if grep -q '^BUILD BROKEN' "$log"; then
    grep '^\[ERROR\]' "$log" | head -n 20 >&2
    die "the build failed; all of it is in $log"
  fi
  rm -f "$DIST"/*.jsa "$DIST"/*.aot
  unpack_library
  train
  # What was saved during the build is newer than its beginning, and so built again next time.
  mv "$started" "$BUILT"
  if command -v flock >/dev/null 2>&1; then exec 9>&-; fi
}

# Puts SQLite's library for this machine beside the jars: its driver would unpack it at each start, read it twice more to compare, and start a
# process to find out what system this is. Where there is none for the machine, it still does.
unpack_library() {
  rm -rf "$DIST/native"
  mkdir -p "$DIST/native"
  [ "$(uname -s)" = Linux ] || return 0
  system=Linux
  if ldd "$JAVA_HOME/bin/java" 2>/dev/null | grep -q musl; then system=Linux-Musl; fi
  folder=org/sqlite/native/$system/$(uname -m)
  if (cd "$DIST/native" && "$JAVA_HOME/bin/jar" -xf ../lib/sqlite-jdbc-*.jar "$folder") && [ -d "$DIST/native/$folder" ]; then
    mv "$DIST/native/$folder"/* "$DIST/native/"
  fi
  rm -rf "$DIST/native/org"
}

# Starts a hub once, rehearses a busy day with it, and keeps what it loaded: later starts take half the time. JDK 25 keeps linked classes
# and how often what ran as well (AOT cache), so that it compiles in its first seconds what it would find out in minutes; older ones keep the
# classes (CDS). Only a convenience, so its failure is none.
train() {
  echo "  first start, to make later ones faster" >&2
  trained=$DIST/train.log
  : >"$trained"
  keep=-XX:ArchiveClassesAtExit=$DIST/classes-$JAVA_MAJOR.jsa
  if [ "$JAVA_MAJOR" -ge 25 ]; then keep=-XX:AOTCacheOutput=$DIST/hub-$JAVA_MAJOR.aot; fi
  # shellcheck disable=SC2046 # options are words
  "$JAVA_HOME/bin/java" $(jvm_options hub) -Xlog:disable "$keep" \
    -cp "$PWD/$DIST/lib/*" io.runnel.hub.Runnel serve --port 0 --admin-port 0 --data "$DIST/trained" >"$trained" 2>&1 9>&- &
  training=$!
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    if grep -q 'Ctrl-C stops it' "$trained" || ! kill -0 "$training" 2>/dev/null; then break; fi
    sleep 0.5
  done
  # shellcheck disable=SC2046
  "$JAVA_HOME/bin/java" $(jvm_options cli) -cp "$PWD/$DIST/lib/*" io.runnel.hub.Rehearsal \
    "$(sed -n 's/.*listens on .*:\([0-9]*\)\/$/\1/p' "$trained" | head -n 1)" >/dev/null 2>&1 9>&- || true
  kill -TERM "$training" 2>/dev/null || true
  wait "$training" || true
  rm -rf "$DIST/trained"
}

build_if_stale() {
  if is_stale; then build; fi
}

# JVM options by what the JDK knows, each measured in docs/decisions/the-start-of-a-hub.md: $1 is hub or cli.
jvm_options() {
  # One small collector: an idle connection costs less, and thousands of them are long-lived.
  set -- "$1" -XX:+UseSerialGC
  # Objects with a head of 8 bytes instead of 12. What a cache holds has them too, so all of us say the same.
  if [ "$JAVA_MAJOR" -ge 25 ]; then set -- "$@" -XX:+UseCompactObjectHeaders; fi
  case $1 in
    # A heap that fits a hub with the connections that a process may have by default; a hub without memory ends and says so.
    hub) set -- "$@" -Xms64m -Xmx768m -Xmn4m -XX:+ExitOnOutOfMemoryError -Dio.netty.leakDetection.level=disabled ;;
    # A command lives for a second: what it compiles, it compiles quickly.
    *) set -- "$@" -Xmx128m -XX:TieredStopAtLevel=1 ;;
  esac
  # What the first start kept: see train.
  archive=$DIST/classes-$JAVA_MAJOR.jsa
  cache=$DIST/hub-$JAVA_MAJOR.aot
  if [ -e "$cache" ]; then set -- "$@" "-XX:AOTCache=$cache" -Xlog:aot=off -Xlog:cds=off
  elif [ -e "$archive" ]; then set -- "$@" "-XX:SharedArchiveFile=$archive" -Xlog:cds=off; fi
  # SQLite's library: see unpack_library. Also the folder that its driver would otherwise tidy at each start, all of /tmp.
  if [ -e "$DIST/native/libsqlitejdbc.so" ]; then
    set -- "$@" "-Dorg.sqlite.lib.path=$DIST/native" "-Dorg.sqlite.tmpdir=$DIST/native"
  fi
  # Netty would wake the flight recorder, for events of its own, before it reads the first byte.
  set -- "$@" -Dio.netty.jfr.enabled=false
  # Netty's epoll is native code; newer JDKs want to be told.
  if [ "$JAVA_MAJOR" -ge 22 ]; then set -- "$@" --enable-native-access=ALL-UNNAMED; fi
  if [ "$JAVA_MAJOR" -ge 23 ]; then set -- "$@" --sun-misc-unsafe-memory-access=allow; fi
  shift
  echo "$@"
}

# Replaces this shell by the command line of Runnel: $1 is hub or cli, $2 the folder from which
# relative paths count, the rest its arguments. A hub keeps its events in ./data unless told otherwise.
exec_runnel() {
  kind=$1
  data=$PWD/data
  DIST=$PWD/$DIST
  cd "$2"
  shift 2
  # Without a locale Java would take arguments for ASCII.
  case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
    *[Uu][Tt][Ff]*) ;;
    *) export LC_ALL=C.UTF-8 ;;
  esac
  # shellcheck disable=SC2046,SC2086 # options are words
  exec "$JAVA_HOME/bin/java" $(jvm_options "$kind") "-Drunnel.data=$data" ${RUNNEL_OPTS:-} \
    -cp "$DIST/lib/*" io.runnel.hub.Runnel "$@"
}

# Builds, if a source is newer, and becomes the Spring form of examples/orders.
exec_spring() {
  example=examples/orders-spring
  jar=$example/target/orders-spring.jar
  if [ ! -e "$jar" ] || [ -n "$(find pom.xml ./*/pom.xml ./*/src/main browser/served "$example/pom.xml" "$example/src/main" -newer "$jar" 2>/dev/null | head -n 1)" ]; then
    need_maven
    mkdir -p "$example/target"
    log=$example/target/build.log
    echo "Building with $JAVA_HOME (the first time, Maven downloads what it needs)" >&2
    { mvn -B -pl "$example" -am package -Dmaven.test.skip=true '-P!analysis' 2>&1 || printf "\nBUILD BROKEN\n"; } |
      tee "$log" | progress >&2
    if grep -q '^BUILD BROKEN' "$log"; then
      grep '^\[ERROR\]' "$log" | head -n 20 >&2
      die "the build failed; all of it is in $log"
    fi
    touch "$jar"
  fi
  echo "The shop is at http://localhost:8090/, its back office at http://localhost:8090/office.html (anna, runnel)" >&2
  exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC ${RUNNEL_OPTS:-} -jar "$jar" "$@"
}
