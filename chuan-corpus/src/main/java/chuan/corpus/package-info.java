/// From raw text to token shards: cleaning, filtering, removal of duplicates, hold-out, mixing,
/// packing. [chuan.corpus.Pipeline] reads as the recipe; every stage is one file.
@NullMarked
package chuan.corpus;

import org.jspecify.annotations.NullMarked;
