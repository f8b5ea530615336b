package chuan.kernel;

import chuan.asm.CpuFeatures;
import java.util.Locale;

/// For which processors machine code is made, slowest first.
enum InstructionSet {
    /// Intel since 2013, AMD since 2015.
    AVX2("AVX2", new Avx2PanelCode(false)),
    /// Multiplies four bytes and adds them in one instruction, in registers of 256 bits.
    AVX_VNNI("AVX-VNNI", new Avx2PanelCode(true)),
    /// The same in registers of 512 bits.
    AVX512_VNNI("AVX512-VNNI", new Avx512PanelCode()),
    /// Whole tiles of bytes; few tokens as before.
    AMX("AMX-int8", new AmxPanelCode());

    private final String title;
    private final PanelCode panels;

    InstructionSet(String title, PanelCode panels) {
        this.title = title;
        this.panels = panels;
    }

    /// For people.
    String title() {
        return title;
    }

    /// For `-Dchuan.kernels`: `avx512-vnni`.
    String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// Of the registers for fp32 arithmetic.
    int bits() {
        return switch (this) {
            case AVX2, AVX_VNNI -> 256;
            case AVX512_VNNI, AMX -> 512;
        };
    }

    /// The code for weights in panels.
    PanelCode panels() {
        return panels;
    }

    boolean runsOn(CpuFeatures features) {
        return switch (this) {
            case AVX2 -> features.avx2();
            case AVX_VNNI -> features.avxVnni();
            case AVX512_VNNI -> features.avx512Vnni();
            case AMX -> features.amxInt8() && features.avx512Vnni();
        };
    }
}
