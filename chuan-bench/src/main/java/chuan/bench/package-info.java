/// Benchmarks that run Chuan and a peer side by side and append to `bench/ledger.jsonl`.
@NullMarked
package chuan.bench;

import org.jspecify.annotations.NullMarked;
