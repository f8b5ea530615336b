package chuan.asm;

/// What the last operand of a vector instruction may be.
public sealed interface VecOrMem permits Vec, Mem {}
