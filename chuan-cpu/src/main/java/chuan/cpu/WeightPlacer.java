package chuan.cpu;

import chuan.files.DType;
import chuan.files.StoredRows;
import chuan.files.TensorData;
import chuan.kernel.Matrix;
import chuan.kernel.WeightFormat;
import chuan.model.Weights;
import chuan.quant.BlockLayout;
import chuan.quant.Panels;
import chuan.quant.Rearrangement;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/// Says where matrices that keep their numbers will live, and leaves the work to a [Loading]: in
/// the mapped file, whose pages are asked for and searched for NaN; or in memory of our own, as
/// copies or as panels, whose source leaves the process piece by piece, so that nothing is held
/// twice.
final class WeightPlacer {
    /// Bytes of a piece, about: long enough to be read at the speed of the disk, two huge pages.
    private static final long PIECE = 4 << 20;

    private final WeightForm form;
    private final long large;
    private final boolean panelsTell;
    private final Loading loading;
    private final WeightMemory memory = new WeightMemory();

    /// @param large bytes of a matrix in the file from which on it is not searched but watched at
    ///   its [FirstUse], and the system is asked for all of its pages
    /// @param panelsTell whether the kernels in use know an infinite scale when they see it
    WeightPlacer(WeightForm form, long large, boolean panelsTell, Loading loading) {
        this.form = form;
        this.large = large;
        this.panelsTell = panelsTell;
        this.loading = loading;
    }

    /// The matrix, if all its parts are of types that kernels know.
    Optional<CpuWeight> place(String name, List<StoredRows> parts) {
        for (StoredRows part : parts)
            if (part.tensor().shape().length != 2 || !isKnown(part.tensor().dtype()))
                return Optional.empty();
        var stored = parts.getFirst().tensor().dtype();
        boolean alike = parts.stream().allMatch(part -> part.tensor().dtype() == stored);
        if (alike && form.held(stored) != stored)
            return Optional.of(new CpuWeight.Linear(panels(name, parts)));
        var matrices = parts.stream().map(part -> matrix(name, part)).toList();
        var weight =
                matrices.size() == 1
                        ? new CpuWeight.Linear(matrices.getFirst())
                        : new CpuWeight.Stacked(matrices);
        var unsearched =
                parts.stream()
                        .filter(part -> isWatched(name, part))
                        .map(StoredRows::tensor)
                        .toList();
        if (!unsearched.isEmpty()) loading.firstUse().expect(weight, unsearched);
        return Optional.of(weight);
    }

    private boolean isMapped(StoredRows part) {
        var tensor = part.tensor();
        return part.interleavedHeads() == 0
                && form.held(tensor.dtype()) == tensor.dtype()
                && !form.copied()
                && tensor.data().isNative();
    }

    /// Rows of an embedding are used one by one, and not all kernels know an infinite F16 number
    /// when they see it: those are searched.
    private boolean isWatched(String name, StoredRows part) {
        var tensor = part.tensor();
        boolean telling =
                switch (tensor.dtype()) {
                    case F32, BF16 -> true;
                    case PANEL4, PANEL8 -> panelsTell;
                    case F64, F16, I64, I32, I16, I8, U8, BOOL -> false;
                    case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K -> false;
                };
        return telling && isMapped(part) && tensor.data().byteSize() >= large && !isEmbedding(name);
    }

    private static boolean isKnown(DType type) {
        return switch (type) {
            case F32, BF16, F16 -> true;
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 -> true;
            case F64, I64, I32, I16, I8, U8, BOOL -> false;
        };
    }

    private Matrix matrix(String name, StoredRows part) {
        var tensor = part.tensor();
        if (form.held(tensor.dtype()) != tensor.dtype()) return panels(name, List.of(part));
        if (part.interleavedHeads() > 0) return reordered(name, part);
        return isMapped(part) ? mapped(name, part) : copied(name, tensor);
    }

    /// In the file.
    private Matrix mapped(String name, StoredRows part) {
        var tensor = part.tensor();
        var data = tensor.data();
        boolean populate = data.isMapped() && data.byteSize() >= large;
        boolean watched = isWatched(name, part);
        if (populate) SystemPages.preferHuge(data);
        int stage = isEmbedding(name) ? loading.last() : stage(name);
        long step = step(tensor.unit());
        for (long at = 0; at < data.byteSize(); at += step) {
            var piece = data.asSlice(at, Math.min(step, data.byteSize() - at));
            loading.add(
                    stage,
                    piece.byteSize(),
                    () -> {
                        if (populate) SystemPages.populate(piece);
                        if (!watched && !tensor.isFinite(piece)) tensor.checkFinite();
                    });
        }
        return matrix(tensor.dtype(), tensor.shape()[0], tensor.shape()[1], data);
    }

    private Matrix copied(String name, TensorData tensor) {
        var data = tensor.data();
        var out = memory.allocate(data.byteSize());
        long step = step(tensor.unit());
        var pieces = new ArrayList<Runnable>();
        for (long at = 0; at < data.byteSize(); at += step) {
            long from = at;
            long bytes = Math.min(step, data.byteSize() - at);
            pieces.add(() -> {
                var copy = out.asSlice(from, bytes).copyFrom(data.asSlice(from, bytes));
                if (!tensor.isFinite(copy)) tensor.checkFinite();
            });
        }
        addAll(stage(name), pieces, List.of(tensor));
        return matrix(tensor.dtype(), tensor.shape()[0], tensor.shape()[1], out);
    }

    /// Row by row, into the official order. Types whose rows have bytes of their own.
    private Matrix reordered(String name, StoredRows part) {
        var tensor = part.tensor();
        long rows = part.rows();
        long rowBytes = tensor.data().byteSize() / rows;
        var out = memory.allocate(tensor.data().byteSize());
        long step = Math.max(1, PIECE / rowBytes);
        var pieces = new ArrayList<Runnable>();
        for (long first = 0; first < rows; first += step) {
            long from = first;
            long to = Math.min(rows, first + step);
            pieces.add(() -> {
                for (long r = from; r < to; r++) {
                    var row = out.asSlice(r * rowBytes, rowBytes);
                    row.copyFrom(tensor.data().asSlice(part.index(r) * rowBytes, rowBytes));
                    if (!tensor.isFinite(row)) tensor.checkFinite();
                }
            });
        }
        addAll(stage(name), pieces, List.of(tensor));
        return matrix(tensor.dtype(), rows, tensor.shape()[1], out);
    }

    /// The rows of all parts under each other.
    private Matrix panels(String name, List<StoredRows> parts) {
        var stored = parts.getFirst().tensor().dtype();
        var held = form.held(stored);
        long columns = parts.getFirst().tensor().shape()[1];
        long rows = 0;
        for (StoredRows part : parts) rows += part.rows();
        var layout = held.panels().orElseThrow();
        var out = memory.allocate(layout.bytes(rows, columns));
        var rearrangement =
                new Rearrangement(
                        BlockLayout.valueOf(stored.name()),
                        BlockLayout.valueOf(held.name()),
                        Math.toIntExact(columns));
        var source = new Source(parts);
        long step = Math.max(1, PIECE / layout.panelBytes(columns)) * Panels.ROWS;
        var pieces = new ArrayList<Runnable>();
        for (long first = 0; first < rows; first += step) {
            long from = first;
            long count = Math.min(step, rows - first);
            var piece =
                    out.asSlice(layout.superblock(columns, first, 0), layout.bytes(count, columns));
            pieces.add(() -> {
                rearrangement.copy(source, from, count, piece);
                if (layout.firstBadScale(piece) >= 0)
                    for (StoredRows part : parts) part.tensor().checkFinite();
            });
        }
        addAll(stage(name), pieces, parts.stream().map(StoredRows::tensor).toList());
        return matrix(held, rows, columns, out);
    }

    /// Adds pieces whose source is not needed after the last of them.
    private void addAll(int stage, List<Runnable> pieces, List<TensorData> source) {
        var left = new AtomicInteger(pieces.size());
        long bytes = 0;
        for (TensorData tensor : source) bytes += tensor.data().byteSize();
        for (int i = 0; i < pieces.size(); i++) {
            var piece = pieces.get(i);
            long share = bytes * (i + 1) / pieces.size() - bytes * i / pieces.size();
            loading.add(
                    stage,
                    share,
                    () -> {
                        piece.run();
                        if (left.decrementAndGet() == 0)
                            for (TensorData tensor : source)
                                if (tensor.data().isMapped()) tensor.data().unload();
                    });
        }
    }

    private static long step(int unit) {
        return Math.max(1, PIECE / unit) * unit;
    }

    private static Matrix matrix(DType type, long rows, long columns, MemorySegment data) {
        return new Matrix(
                WeightFormat.valueOf(type.name()),
                Math.toIntExact(rows),
                Math.toIntExact(columns),
                data,
                new float[0]);
    }

    private static boolean isEmbedding(String name) {
        return name.equals(Weights.EMBEDDING);
    }

    /// A copy of the embedding is needed first; the rows of a mapped one are there when they are
    /// read.
    private int stage(String name) {
        if (isEmbedding(name)) return 0;
        var layer = Weights.layerOf(name);
        return layer.isPresent() ? layer.getAsInt() : loading.last();
    }

    /// The rows of several tensors under each other, in the official order.
    private record Source(List<StoredRows> parts) implements Rearrangement.Rows {
        @Override
        public MemorySegment matrix(long row) {
            return parts.get(part(row)).tensor().data();
        }

        @Override
        public long index(long row) {
            int part = part(row);
            for (int i = 0; i < part; i++) row -= parts.get(i).rows();
            return parts.get(part).index(row);
        }

        private int part(long row) {
            int i = 0;
            for (long rest = row; rest >= parts.get(i).rows(); i++) rest -= parts.get(i).rows();
            return i;
        }
    }
}
