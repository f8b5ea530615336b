package chuan.measure;

import chuan.cpu.CpuWeight;
import chuan.cpu.WeightMemory;
import chuan.cpu.WorkerPool;
import chuan.files.DType;
import chuan.files.OffHeap;
import chuan.files.QuantType;
import chuan.files.SyntheticWeights;
import chuan.files.TensorSource;
import chuan.files.WriteProgress;
import chuan.kernel.Matrix;
import chuan.kernel.WeightFormat;
import chuan.model.ModelConfig;
import chuan.model.Weights;
import chuan.quant.BlockScheme;
import chuan.quant.ErrorSum;
import chuan.quant.MatrixQuantizer;
import chuan.quant.Panels;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/// Weights of full size made up in memory, in seconds and without a file. Of each matrix 256 rows
/// are made as [SyntheticWeights] makes them, quantized as a file would be, and repeated downwards
/// and from layer to layer: the same work and the same bytes to read as those of a trained model,
/// with values that stay finite.
public final class SyntheticBackend {
    private static final int ROWS = 256;
    private static final long SEED = 0;

    /// Bytes that a thread copies at once.
    private static final long PIECE = 1 << 22;

    private final QuantType type;
    private final WorkerPool pool;
    private final WriteProgress progress;
    private final WeightMemory memories = new WeightMemory();
    private final Map<String, MemorySegment> tiles = new HashMap<>();
    private long made;

    private SyntheticBackend(QuantType type, WorkerPool pool, WriteProgress progress) {
        this.type = type;
        this.pool = pool;
        this.progress = progress;
    }

    /// @param progress is told the bytes that are made
    public static Weights<CpuWeight> weights(
            ModelConfig config, QuantType type, int threads, WriteProgress progress) {
        try (var pool = new WorkerPool(threads)) {
            var synthetic = new SyntheticBackend(type, pool, progress);
            return Weights.of(config, synthetic::weight);
        }
    }

    private CpuWeight weight(String name, long... shape) {
        if (shape.length == 1) return gain(name, shape);
        boolean outside = name.equals(Weights.EMBEDDING) || name.equals(Weights.OUTPUT);
        DType dtype = outside ? type.embeddings() : type.matrices();
        var memory = memories.allocate(dtype.byteCount(shape));
        repeat(tile(name, dtype, shape), memory);
        made += memory.byteSize();
        progress.wrote(made);
        return new CpuWeight.Linear(
                new Matrix(
                        WeightFormat.valueOf(dtype.name()),
                        Math.toIntExact(shape[0]),
                        Math.toIntExact(shape[1]),
                        memory,
                        new float[0]));
    }

    private static CpuWeight gain(String name, long... shape) {
        var values = new float[Math.toIntExact(shape[0])];
        new SyntheticWeights(SEED).tensor(name, shape).read(0, values, values.length);
        return new CpuWeight.Gain(values);
    }

    private MemorySegment tile(String name, DType dtype, long... shape) {
        String kind = name.replaceAll("[0-9]+", "0");
        return tiles.computeIfAbsent(kind, k -> newTile(k, dtype, shape[0], shape[1]));
    }

    private MemorySegment newTile(String name, DType dtype, long allRows, long columns) {
        int rows = (int) Math.min(ROWS, allRows);
        var values = new SyntheticWeights(SEED).tensor(name, rows, columns);
        var tile = OffHeap.allocate(dtype.byteCount(rows, columns));
        if (!dtype.isQuantized()) {
            TensorSource.of(name, dtype, new long[] {rows, columns}, values).bytes().read(0, tile);
            return tile;
        }
        var quantizer = new MatrixQuantizer(scheme(dtype), Math.toIntExact(columns), new float[0]);
        pool.run(
                Math.ceilDiv(rows, Panels.ROWS),
                1,
                (_, from, to) -> {
                    int first = from * Panels.ROWS;
                    int end = Math.min(rows, to * Panels.ROWS);
                    long at = dtype.byteCount(first, columns);
                    quantizer.quantize(
                            (index, out, outAt, count) -> {
                                var piece = new float[count];
                                values.read(index, piece, count);
                                System.arraycopy(piece, 0, out, outAt, count);
                            },
                            first,
                            end,
                            tile.asSlice(at, dtype.byteCount(end - first, columns)),
                            new ErrorSum());
                });
        return tile;
    }

    private static BlockScheme scheme(DType dtype) {
        return switch (dtype) {
            case PANEL4 -> BlockScheme.INT4;
            case PANEL8 -> BlockScheme.INT8;
            default -> BlockScheme.valueOf(dtype.name());
        };
    }

    /// Rows, and panels of sixteen rows, follow one another: so do whole tiles.
    private void repeat(MemorySegment tile, MemorySegment out) {
        long all = out.byteSize();
        pool.run(
                Math.toIntExact(Math.ceilDiv(all, PIECE)),
                1,
                (_, from, to) -> {
                    long end = Math.min(all, to * PIECE);
                    for (long at = from * PIECE; at < end; ) {
                        long offset = at % tile.byteSize();
                        long n = Math.min(end - at, tile.byteSize() - offset);
                        MemorySegment.copy(tile, offset, out, at, n);
                        at += n;
                    }
                });
    }
}
