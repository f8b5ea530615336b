package chuan.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Writes safetensors files: tensors in the order given, streamed through one small buffer, under a
/// temporary name until they are whole. The header is padded with spaces so that the data begins at
/// a multiple of 64 bytes, where vector loads like it.
public final class SafetensorsWriter {
    private static final int ALIGNMENT = 64;

    private SafetensorsWriter() {}

    /// One file with all tensors, replacing what was there.
    ///
    /// @param metadata free text; `format: pt` is what the Python libraries look for
    public static void write(Path file, Map<String, String> metadata, List<TensorSource> tensors)
            throws IOException {
        write(file, metadata, tensors, WriteProgress.NONE);
    }

    private static void write(
            Path file,
            Map<String, String> metadata,
            List<TensorSource> tensors,
            WriteProgress progress)
            throws IOException {
        byte[] header = header(metadata, tensors);
        AtomicFile.write(
                file,
                out -> {
                    var prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
                    TensorStream.writeFully(out, prefix.putLong(header.length).flip());
                    TensorStream.writeFully(out, ByteBuffer.wrap(header));
                    try (var stream = new TensorStream(out, progress)) {
                        for (TensorSource tensor : tensors) stream.write(tensor);
                    }
                });
    }

    /// `model.safetensors` in `folder`, or, above `maxShardBytes` of tensors,
    /// `model-00001-of-0000N.safetensors` and so on with `model.safetensors.index.json`, which is
    /// written last.
    public static void writeSharded(
            Path folder,
            Map<String, String> metadata,
            List<TensorSource> tensors,
            long maxShardBytes)
            throws IOException {
        writeSharded(folder, metadata, tensors, maxShardBytes, WriteProgress.NONE);
    }

    /// As above.
    ///
    /// @param progress hears of all files together
    public static void writeSharded(
            Path folder,
            Map<String, String> metadata,
            List<TensorSource> tensors,
            long maxShardBytes,
            WriteProgress progress)
            throws IOException {
        var shards = plan(folder, tensors, maxShardBytes);
        long total = 0;
        for (Shard shard : shards) {
            long before = total;
            write(shard.file, metadata, shard.tensors, bytes -> progress.wrote(before + bytes));
            for (TensorSource tensor : shard.tensors)
                total = Math.addExact(total, tensor.byteCount());
        }
        writeIndex(folder, shards);
    }

    /// A file and what goes into it.
    record Shard(Path file, List<TensorSource> tensors) {}

    /// The files of a folder: one, or as many as `maxShardBytes` asks for.
    static List<Shard> plan(Path folder, List<TensorSource> tensors, long maxShardBytes) {
        var shards = shards(tensors, maxShardBytes);
        if (shards.size() == 1)
            return List.of(new Shard(folder.resolve(ModelFolder.SAFETENSORS), tensors));
        var plan = new ArrayList<Shard>();
        for (var part : shards) {
            var name =
                    String.format("model-%05d-of-%05d.safetensors", plan.size() + 1, shards.size());
            plan.add(new Shard(folder.resolve(name), part));
        }
        return plan;
    }

    /// `model.safetensors.index.json`, which a single file does not have.
    static void writeIndex(Path folder, List<Shard> shards) throws IOException {
        if (shards.size() == 1) return;
        long total = 0;
        var map = new TreeMap<String, Json>();
        for (Shard shard : shards)
            for (TensorSource tensor : shard.tensors) {
                total = Math.addExact(total, tensor.byteCount());
                map.put(tensor.name(), new Json.Str(shard.file.getFileName().toString()));
            }
        var index =
                Json.Obj.of(
                        "metadata",
                        Json.Obj.of("total_size", total),
                        "weight_map",
                        new Json.Obj(map));
        AtomicFile.writeText(folder.resolve(ModelFolder.SAFETENSORS_INDEX), index.pretty());
    }

    private static List<List<TensorSource>> shards(List<TensorSource> tensors, long maxBytes) {
        var shards = new ArrayList<List<TensorSource>>();
        var shard = new ArrayList<TensorSource>();
        long bytes = 0;
        for (TensorSource tensor : tensors) {
            if (!shard.isEmpty() && bytes + tensor.byteCount() > maxBytes) {
                shards.add(List.copyOf(shard));
                shard.clear();
                bytes = 0;
            }
            shard.add(tensor);
            bytes += tensor.byteCount();
        }
        shards.add(List.copyOf(shard));
        return shards;
    }

    static byte[] header(Map<String, String> metadata, List<TensorSource> tensors) {
        var fields = new LinkedHashMap<String, Json>();
        var free = new LinkedHashMap<String, Json>();
        metadata.forEach((name, text) -> free.put(name, new Json.Str(text)));
        if (!free.isEmpty()) fields.put("__metadata__", new Json.Obj(free));
        var names = new HashSet<String>();
        long at = 0;
        for (TensorSource tensor : tensors) {
            if (!names.add(tensor.name()))
                throw new IllegalArgumentException(tensor.name() + " is written twice");
            long end = Math.addExact(at, tensor.byteCount());
            fields.put(
                    tensor.name(),
                    Json.Obj.of(
                            "dtype", tensor.dtype().name(),
                            "shape", Arrays.stream(tensor.shape()).boxed().toList(),
                            "data_offsets", List.of(at, end)));
            at = end;
        }
        byte[] json = new Json.Obj(fields).compact().getBytes(StandardCharsets.US_ASCII);
        int padded = Math.ceilDiv(json.length + 8, ALIGNMENT) * ALIGNMENT - 8;
        byte[] header = Arrays.copyOf(json, padded);
        Arrays.fill(header, json.length, padded, (byte) ' ');
        return header;
    }
}
