package chuan.kernel;

import chuan.quant.Panels;

/// How the codes of a panel lie for the instructions that multiply them: as they are stored, or,
/// where many tokens come by, unpacked on the way ([UnpackCode]). Scales and the order of blocks
/// are those of [Panels] always.
enum PanelForm {
    /// [Panels#PANEL4] as stored.
    INT4(Panels.PANEL4.lines(), 1),
    /// [Panels#PANEL8] as stored, and four-bit codes as such.
    INT8(Panels.PANEL8.lines(), 1),
    /// Laid out as [#INT8], but 8 (four bits) or 128 (eight bits) more than the code, so that no
    /// byte is negative.
    UNSIGNED(Panels.PANEL8.lines(), 1),
    /// Signed words: double word `r` of line `z` holds row `r`, columns `2 z` and `2 z + 1`. Meets
    /// activations in words.
    WORDS(2 * Panels.PANEL8.lines(), Short.BYTES);

    private final int lines;
    private final int codeBytes;

    PanelForm(int lines, int codeBytes) {
        this.lines = lines;
        this.codeBytes = codeBytes;
    }

    static PanelForm of(Panels stored) {
        return switch (stored) {
            case PANEL4 -> INT4;
            case PANEL8 -> INT8;
        };
    }

    /// Lines of a block.
    int lines() {
        return lines;
    }

    /// Bytes of a code of the activations.
    int codeBytes() {
        return codeBytes;
    }

    int superblockBytes() {
        return Panels.SCALE_BYTES + 2 * lines * Panels.LINE;
    }

    long panelBytes(long columns) {
        return Math.multiplyExact(Panels.superblocks(columns), (long) superblockBytes());
    }
}
