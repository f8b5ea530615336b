package chuan.kernel;

import static chuan.quant.Panels.BLOCK;
import static chuan.quant.Panels.ROWS;

import chuan.asm.CodeMemoryException;
import chuan.asm.MachineCode;
import chuan.quant.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/// Weights in panels times quantized activations, by machine code that has been checked against
/// [ScalarPanels]. Thread-safe.
///
/// A few panels at a time wait in the second-level cache, unpacked where that is worth it, while
/// one tile of tokens after the other comes by; it meets them stretch by stretch of the columns, so
/// that the activations of a stretch stay in the first-level cache.
final class EmittedPanels {
    /// Of panels in the second-level cache: half of what the smallest have.
    private static final long FAR_BYTES = 256 << 10;

    /// The same, unpacked: read again by every tile, and slowly enough that a third-level cache
    /// will do where the second is smaller.
    private static final long FAR_BYTES_UNPACKED = 768 << 10;

    /// Of activations in the first-level cache.
    private static final int NEAR_BYTES = 16 << 10;

    private static final int MOST_PANELS = 8;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final PanelCode code;
    private final PanelFunctions functions;
    private final ThreadLocal<Places> places;

    private EmittedPanels(PanelCode code, PanelFunctions functions) {
        this.code = code;
        this.functions = functions;
        places = ThreadLocal.withInitial(() -> new Places(code.mostTokens()));
    }

    /// Writes, seals and checks the functions.
    ///
    /// @param writing changes what is written: nothing, except in tests
    /// @param copying changes it on the way into memory: the same
    /// @throws CodeMemoryException if the system has no memory for code
    /// @throws WrongCodeException if what stands there does not compute what it should
    static EmittedPanels of(
            InstructionSet set, UnaryOperator<byte[]> writing, UnaryOperator<byte[]> copying)
            throws CodeMemoryException, WrongCodeException {
        var functions = new PanelFunctions(set, writing, copying);
        var panels = new EmittedPanels(set.panels(), functions);
        try {
            PanelSelfTest.run(panels, set);
        } catch (WrongCodeException e) {
            functions.close();
            throw e;
        }
        return panels;
    }

    /// What was written, for listings.
    List<MachineCode> functions() {
        return functions.written();
    }

    PanelCode code() {
        return code;
    }

    /// As [Kernels#prepare].
    void prepare(int tokens, int columns, PackedRows out) {
        out.shape(tokens, columns, code.mostTokens());
    }

    /// As [Kernels#quantize].
    void quantize(float[] x, int from, int to, Panels layout, PackedRows out) {
        int columns = out.columns();
        int codeBytes = code.form(layout, out.tokens()).codeBytes();
        int blocks = 2 * out.superblocks();
        var row = places.get().row(blocks * BLOCK);
        for (int i = columns; i < blocks * BLOCK; i++) row.setAtIndex(FLOAT, i, 0);
        for (int t = from; t < to; t++) {
            MemorySegment.copy(x, t * columns, row, FLOAT, 0, columns);
            int tile = out.tileOf(t);
            long first = out.first(tile);
            long tokens = out.first(tile + 1) - first;
            long stream = out.tile(tile, codeBytes);
            long starts = stream + tokens * BLOCK * codeBytes;
            long scales = starts + tokens * Integer.BYTES;
            functions.quantize(
                    layout,
                    codeBytes,
                    row.address(),
                    blocks,
                    stream + (t - first) * BLOCK * codeBytes,
                    PackedRows.blockBytes((int) tokens, codeBytes),
                    starts + (t - first) * Integer.BYTES,
                    scales + (t - first) * Float.BYTES);
        }
        Reference.reachabilityFence(out);
    }

    /// Rows `[from, to)` of `w` times the tokens of `x`.
    void matmul(Matrix w, int from, int to, PackedRows x, float[] y) {
        var stored = Objects.requireNonNull(w.format().panels());
        var form = code.form(stored, x.tokens());
        boolean unpacks = form != PanelForm.of(stored);
        long storedBytes = stored.panelBytes(w.columns());
        long bytes = form.panelBytes(w.columns());
        long far = unpacks ? FAR_BYTES_UNPACKED : FAR_BYTES;
        int most = (int) Math.clamp(far / bytes, 1, MOST_PANELS);
        // nothing comes by again: weights stream, the less interrupted the better
        if (x.tiles() == 1 && !unpacks) most = MOST_PANELS * code.mostTokens() / x.tokens();
        int end = Math.ceilDiv(to, ROWS);
        var own = places.get();
        for (int panel = from / ROWS; panel < end; panel += most) {
            int count = Math.min(most, end - panel);
            long weights = w.address(panel * ROWS);
            if (unpacks) {
                long unpacked = own.panels(most * bytes);
                for (int i = 0; i < count; i++)
                    functions.unpack(
                            stored,
                            weights + i * storedBytes,
                            x.superblocks(),
                            unpacked + i * bytes);
                weights = unpacked;
            }
            for (int tile = 0; tile < x.tiles(); tile++) {
                multiply(form, weights, bytes, count, x, tile, own);
                store(w, panel, count, from, to, x, tile, own, y);
            }
        }
        Reference.reachabilityFence(w);
        Reference.reachabilityFence(x);
    }

    /// `count` panels times a tile, to `own.out`.
    private void multiply(
            PanelForm form,
            long weights,
            long panelBytes,
            int count,
            PackedRows x,
            int tile,
            Places own) {
        int tokens = x.first(tile + 1) - x.first(tile);
        int blockBytes = PackedRows.blockBytes(tokens, form.codeBytes());
        int stretch = Math.max(1, NEAR_BYTES / (2 * blockBytes));
        if (count == 1 || x.superblocks() < 2 * stretch) stretch = x.superblocks();
        MemorySegment.copy(own.zeros, 0, own.out, 0, (long) tokens * count * ROWS * Float.BYTES);
        for (int at = 0; at < x.superblocks(); at += stretch)
            functions.multiply(
                    form,
                    tokens,
                    weights + (long) at * form.superblockBytes(),
                    panelBytes,
                    count,
                    x.tile(tile, form.codeBytes()) + 2L * at * blockBytes,
                    Math.min(stretch, x.superblocks() - at),
                    own.out.address());
    }

    /// Of what stands in `own.out`, rows `[from, to)` to `y`.
    private static void store(
            Matrix w,
            int panel,
            int count,
            int from,
            int to,
            PackedRows x,
            int tile,
            Places own,
            float[] y) {
        int row = panel * ROWS;
        int start = Math.max(row, from);
        int stop = Math.min(row + count * ROWS, to);
        int first = x.first(tile);
        for (int token = first; token < x.first(tile + 1); token++)
            MemorySegment.copy(
                    own.out,
                    FLOAT,
                    FLOAT.byteSize() * ((token - first) * count * ROWS + start - row),
                    y,
                    token * w.rows() + start,
                    stop - start);
    }

    @Override
    public String toString() {
        return functions.toString();
    }

    /// What a thread needs on the way. Grows, never shrinks.
    private static final class Places {
        private final MemorySegment zeros;
        private final MemorySegment out;
        private MemorySegment row = MemorySegment.NULL;
        private MemorySegment panels = MemorySegment.NULL;

        private Places(int mostTokens) {
            zeros = memory((long) MOST_PANELS * mostTokens * ROWS * Float.BYTES);
            out = memory(zeros.byteSize());
        }

        private static MemorySegment memory(long bytes) {
            return Arena.ofAuto().allocate(bytes, Panels.LINE);
        }

        /// Room for `n` floats.
        private MemorySegment row(int n) {
            long bytes = n * FLOAT.byteSize();
            if (row.byteSize() < bytes) row = memory(bytes);
            return row;
        }

        /// Room for unpacked panels.
        private long panels(long bytes) {
            if (panels.byteSize() < bytes) panels = memory(bytes);
            return panels.address();
        }
    }
}
