package chuan.cli;

import chuan.model.KvType;
import chuan.model.ModelConfig;

/// What `--kv` accepts.
enum KvChoice {
    /// Exact while the whole context is cheap, else fp16.
    AUTO,
    F32,
    F16,
    INT8;

    KvType type(ModelConfig config, int contextTokens) {
        return switch (this) {
            case AUTO -> KvType.automatic(config, contextTokens);
            case F32 -> KvType.F32;
            case F16 -> KvType.F16;
            case INT8 -> KvType.INT8;
        };
    }
}
