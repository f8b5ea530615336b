#!/bin/sh
# Speeds of single kernels beside this machine's limits. See docs/dev/bench.md.
#   bench/kernels.sh floor [KERNELS...]      fails if one is far below what the machine allows
#   bench/kernels.sh training [STEPS...]     training steps by verb; chuan.bench.TrainingLoop says what follows
#   bench/kernels.sh [JMH OPTIONS]           such as: KernelBench -p kernels=avx2 -p format=PANEL4
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/.mvn/find-jdk.sh"
chuan_find_jdk || exit 2
"$root/mvnw" -q -Dfast -f "$root/pom.xml" -pl chuan-bench -am package
main=org.openjdk.jmh.Main
if [ "${1-}" = floor ]; then main=chuan.bench.KernelFloor && shift; fi
if [ "${1-}" = training ]; then main=chuan.bench.TrainingLoop && shift; fi
exec "$JAVA_HOME/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -XX:+UseSerialGC -cp "$root/chuan-bench/target/classes:$root/chuan-bench/target/lib/*" $main "$@"
