package chuan.asm;

/// What an operand of a general-purpose instruction may be.
public sealed interface GpOrMem permits Gp, Mem {}
