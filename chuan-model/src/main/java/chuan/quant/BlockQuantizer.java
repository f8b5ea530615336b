package chuan.quant;

/// Chooses an fp16 scale and a code per value for each block of a tile, so that `value ~ scale *
/// code`. Deterministic: the same values give the same bits on every machine. Keeps working memory:
/// one thread at a time.
sealed interface BlockQuantizer permits RoundToNearest, ScaleSearch {
    void quantize(BlockTile tile);
}
