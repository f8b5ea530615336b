package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.Mem;
import chuan.asm.X86Assembler;
import chuan.quant.Panels;
import java.util.function.BiConsumer;

/// Writes machine code for weights in panels ([Panels]) times a tile of quantized activations
/// ([PackedRows]): the definition of [Kernels], whole numbers inside a block, one fp32 total per
/// row and token, blocks ascending. No sum ever crosses a register, so every instruction set gives
/// the same bits.
///
/// The function is
///
/// ```c
/// void panels(const void *weights, long panelBytes, long panels,
///             const void *tile, long superblocks, float *out);
/// ```
///
/// `panels` panels, `panelBytes` apart, of which the first `superblocks` superblocks count, times
/// the tile, added to what `out` holds, `[tokens, panels, 16]`. It reads 64 bytes at a time, no
/// byte beyond the panels and the tile, and calls nothing.
abstract sealed class PanelCode permits Avx2PanelCode, Avx512PanelCode, AmxPanelCode {
    // The six arguments, as Frame leaves them.
    private static final Gp PANEL = Gp.RDI;
    private static final Gp PANEL_BYTES = Gp.RSI;
    private static final Gp PANELS_LEFT = Gp.RDX;
    private static final Gp TILE = Gp.RCX;
    private static final Gp SUPERBLOCKS = Gp.R8;
    private static final Gp OUT = Gp.R9;

    private static final Gp OUT_STRIDE = Gp.R10;

    /// Superblocks of the panel that are to be done.
    static final Gp LEFT = Gp.RBX;

    /// Where the weights of the superblock at hand begin.
    static final Gp WEIGHTS = Gp.R11;

    /// Where its activations begin.
    static final Gp ACTIVATIONS = Gp.RAX;

    /// Free for what an instruction set needs.
    static final Gp FREE = Gp.R12;

    /// How far ahead weights are asked for, where they stream from memory.
    static final int AHEAD = 4096;

    /// The most tokens of a tile.
    abstract int mostTokens();

    /// From how many tokens on a panel is first unpacked, and then meets all their tiles.
    int tokensWorthUnpacking() {
        return Integer.MAX_VALUE;
    }

    /// What a panel is then unpacked to; the form it is stored in if that is as good.
    PanelForm unpacked(Panels stored) {
        return PanelForm.of(stored);
    }

    /// The form in which a panel meets so many tokens.
    final PanelForm form(Panels stored, int tokens) {
        return tokens < tokensWorthUnpacking() ? PanelForm.of(stored) : unpacked(stored);
    }

    /// Whether panels that are stored so meet a tile of `tokens` in this form.
    final boolean meets(Panels stored, PanelForm form, int tokens) {
        if (form == unpacked(stored) && tokens >= fewestOfUnpacked()) return true;
        return form == PanelForm.of(stored) && tokens < tokensWorthUnpacking();
    }

    /// Tokens of the smallest tile that unpacked panels meet.
    private int fewestOfUnpacked() {
        int worth = tokensWorthUnpacking();
        if (worth == Integer.MAX_VALUE) return worth;
        int fewest = mostTokens();
        for (int tokens = worth; tokens <= worth + mostTokens(); tokens++)
            fewest = Math.min(fewest, tokens / PackedRows.tiles(tokens, mostTokens()));
        return fewest;
    }

    /// Where the sum over a block begins.
    abstract StartValue start(Panels layout);

    /// Bytes of stack that the code uses, from rsp on.
    abstract int localBytes(int tokens);

    /// Once, at the beginning.
    abstract void constants(X86Assembler a, PanelForm form, int tokens);

    /// Adds the superblock at [#WEIGHTS] times that at [#ACTIVATIONS].
    abstract void superblock(X86Assembler a, PanelForm form, int tokens);

    /// Loads what the totals of one token begin with, 16 floats.
    abstract void load(X86Assembler a, Mem from, int token);

    /// Stores the totals of one token.
    abstract void store(X86Assembler a, Mem to, int token);

    /// Once, at the end.
    void finish(X86Assembler a, int tokens) {}

    /// Writes the function for tiles of `tokens` tokens.
    final void write(X86Assembler a, CallingConvention convention, PanelForm form, int tokens) {
        var frame = Frame.open(a, convention, localBytes(tokens), LEFT, FREE);
        constants(a, form, tokens);
        a.mov(OUT_STRIDE, PANELS_LEFT);
        a.shl(OUT_STRIDE, 6);
        Label nextPanel = a.label();
        a.bind(nextPanel);
        eachToken(a, tokens, (at, t) -> load(a, at, t));
        a.mov(WEIGHTS, PANEL);
        a.mov(ACTIVATIONS, TILE);
        a.mov(LEFT, SUPERBLOCKS);
        panel(a, form, tokens);
        eachToken(a, tokens, (at, t) -> store(a, at, t));
        a.add(OUT, Panels.LINE);
        a.add(PANEL, PANEL_BYTES);
        a.dec(PANELS_LEFT);
        a.jnz(nextPanel);
        finish(a, tokens);
        frame.close();
    }

    private static void eachToken(X86Assembler a, int tokens, BiConsumer<Mem, Integer> access) {
        a.mov(LEFT, OUT);
        for (int t = 0; t < tokens; t++) {
            access.accept(Mem.at(LEFT), t);
            if (t + 1 < tokens) a.add(LEFT, OUT_STRIDE);
        }
    }

    /// Adds all superblocks of a panel; there is at least one.
    void panel(X86Assembler a, PanelForm form, int tokens) {
        Label next = a.label();
        a.bind(next);
        superblock(a, form, tokens);
        advance(a, form, tokens);
        a.jnz(next);
    }

    /// Asks for the line of weights that stands [#AHEAD] behind `place`: for the second-level
    /// cache, whose queue is longer than the first's, and beside the work on another line. Measured
    /// on one token streaming from memory: 32 GB/s with this, 29 into the first level, 26 when all
    /// lines of a superblock are asked for at once, where a bare sum reads 37.
    static void ask(X86Assembler a, Mem place) {
        a.prefetcht1(place.plus(AHEAD));
    }

    /// The same for all lines of a superblock.
    static void askForSuperblock(X86Assembler a, PanelForm form) {
        for (int line = 0; line < form.superblockBytes(); line += Panels.LINE)
            ask(a, Mem.at(WEIGHTS, line));
    }

    /// Goes on to the next superblock; zero if there is none.
    static void advance(X86Assembler a, PanelForm form, int tokens) {
        a.add(WEIGHTS, form.superblockBytes());
        a.add(ACTIVATIONS, 2 * PackedRows.blockBytes(tokens, form.codeBytes()));
        a.dec(LEFT);
    }

    /// Where the scales of a block of the superblock lie.
    static Mem scales(int block) {
        return Mem.at(WEIGHTS, block * Panels.ROWS * Short.BYTES);
    }

    /// Line `z` of a block.
    static Mem line(PanelForm form, int block, int z) {
        return Mem.at(WEIGHTS, Panels.SCALE_BYTES + (block * form.lines() + z) * Panels.LINE);
    }

    /// The codes of a token that meet line `z` of a block of this form: four bytes or two words.
    /// (Of a line of [PanelForm#INT4], its low codes; the others stand at `z + 4`.)
    static Mem codes(PanelForm form, int tokens, int block, int token, int z) {
        return block(form, tokens, block).plus(Panels.BLOCK * form.codeBytes() * token + 4 * z);
    }

    static Mem start(PanelForm form, int tokens, int block, int token) {
        return block(form, tokens, block)
                .plus(Panels.BLOCK * form.codeBytes() * tokens + 4 * token);
    }

    static Mem scale(PanelForm form, int tokens, int block, int token) {
        return start(form, tokens, block, token).plus(4 * tokens);
    }

    private static Mem block(PanelForm form, int tokens, int block) {
        return Mem.at(ACTIVATIONS, PackedRows.blockBytes(tokens, form.codeBytes()) * block);
    }
}
