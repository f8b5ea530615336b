package chuan.cpu;

/// Where weights as stored live.
public enum Placement {
    /// In the mapped file, as it is: nothing is copied, and processes share the memory.
    MAPPED,
    /// In the mapped file where kernels like its layout. Q4_0 and Q8_0 become panels when
    /// activations are int8, which takes as much memory of our own; the numbers stay the same.
    ARRANGED,
    /// As `ARRANGED`, and the rest is copied too: into memory of our own, in huge pages where the
    /// system has them.
    COPIED
}
