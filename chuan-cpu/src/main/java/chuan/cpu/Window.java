package chuan.cpu;

/// Whether attention may leave out what cannot matter.
public enum Window {
    /// With ALiBi, a head leaves out the pages whose keys together weigh less than `e^-20` of the
    /// rest, by a proven bound ([AttentionTile]): with steep slopes, nearly all of a long context.
    AUTO,
    /// Every query meets every key before it.
    OFF
}
