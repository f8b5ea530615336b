package chuan.files;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A checkpoint written by `torch.save`: a dictionary of tensors. Two formats
/// (torch/serialization.py):
///
/// - since PyTorch 1.6 a zip archive with `NAME/data.pkl` and one stored entry `NAME/data/KEY` per
///   storage;
/// - before, five pickles in a row (magic number, version, system, the dictionary, the storage
///   keys), then each storage as an element count of eight bytes and its elements.
///
/// Tensors are views of the mapped file. The pickle is run by [TensorUnpickler], which can build
/// tensors and nothing else.
///
/// @param tensors by name, in the order of the dictionary
public record TorchBinFile(Path file, Map<String, TensorData> tensors) {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long LEGACY_VERSION = 1001;
    private static final String PICKLE = "/data.pkl";

    public static TorchBinFile open(Path file) {
        return parse(file, MappedFile.map(file));
    }

    /// @param file named in messages
    static TorchBinFile parse(Path file, MemorySegment bytes) {
        if (StoredZip.begins(bytes)) return zip(file, bytes);
        if (bytes.byteSize() > 0 && (bytes.get(ValueLayout.JAVA_BYTE, 0) & 0xff) == 0x80)
            return legacy(file, bytes);
        throw MalformedFileException.of(
                file, "is no PyTorch checkpoint: neither a zip archive nor a pickle");
    }

    /// Where the elements of a storage lie.
    private record Found(MemorySegment bytes, long offset) {}

    private static TorchBinFile zip(Path file, MemorySegment bytes) {
        var entries = StoredZip.parse(file, bytes).entries();
        String prefix = null;
        for (String name : entries.keySet())
            if (name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length())
                prefix = name.substring(0, name.length() - PICKLE.length() + 1);
        if (prefix == null)
            throw MalformedFileException.of(file, "a zip archive without data.pkl: no checkpoint");
        var order = entries.get(prefix + "byteorder");
        if (order != null && !text(order.bytes()).equals("little"))
            throw MalformedFileException.of(file, "was saved on a big-endian machine");

        var pickle = pickle(entries, prefix);
        var root = new TensorUnpickler(file, pickle.bytes(), pickle.offset()).load();
        var storages = new HashMap<String, Found>();
        for (var entry : entries.entrySet())
            if (entry.getKey().startsWith(prefix + "data/"))
                storages.put(
                        entry.getKey().substring(prefix.length() + "data/".length()),
                        new Found(entry.getValue().bytes(), entry.getValue().offset()));
        return new TorchBinFile(file, tensors(file, root, storages));
    }

    private static StoredZip.Entry pickle(Map<String, StoredZip.Entry> entries, String prefix) {
        var entry = entries.get(prefix + PICKLE.substring(1));
        if (entry == null) throw new IllegalStateException(prefix);
        return entry;
    }

    private static String text(MemorySegment bytes) {
        return new String(
                bytes.asSlice(0, Math.min(bytes.byteSize(), 16)).toArray(ValueLayout.JAVA_BYTE),
                StandardCharsets.US_ASCII);
    }

    private static TorchBinFile legacy(Path file, MemorySegment bytes) {
        var pickles = new TensorUnpickler(file, bytes, 0);
        if (!pickles.load().equals(MAGIC))
            throw MalformedFileException.atByte(
                    file, 0, "a pickle, but not one that torch.save wrote");
        if (!pickles.load().equals(LEGACY_VERSION))
            throw MalformedFileException.of(file, "an unknown version of the old PyTorch format");
        if (!(pickles.load() instanceof TensorUnpickler.Dict(var system))
                || !Boolean.TRUE.equals(system.get("little_endian")))
            throw MalformedFileException.of(file, "was not saved on a little-endian machine");
        Object root = pickles.load();
        if (!(pickles.load() instanceof List<?> keys))
            throw MalformedFileException.atByte(
                    file, pickles.position(), "expected the list of storages");

        var dtypes = new HashMap<String, DType>();
        for (var tensor : dictionary(file, root).values())
            dtypes.put(tensor.storage().key(), tensor.storage().dtype());
        var storages = new HashMap<String, Found>();
        long at = pickles.position();
        for (Object key : keys) {
            var dtype = key instanceof String name ? dtypes.get(name) : null;
            if (dtype == null)
                throw MalformedFileException.atByte(
                        file, at, "a storage that belongs to no tensor: its length is unknown");
            if (at > bytes.byteSize() - Long.BYTES) throw cut(file, at);
            long elements = bytes.get(TensorData.LONG, at);
            at += Long.BYTES;
            if (elements < 0 || elements > (bytes.byteSize() - at) / dtype.bytes())
                throw cut(file, at);
            long size = elements * dtype.bytes();
            storages.put((String) key, new Found(bytes.asSlice(at, size), at));
            at += size;
        }
        return new TorchBinFile(file, tensors(file, root, storages));
    }

    private static MalformedFileException cut(Path file, long at) {
        return MalformedFileException.atByte(
                file,
                at,
                "a storage reaches beyond the end: the file is cut short, download it again");
    }

    private static Map<String, TensorUnpickler.Tensor> dictionary(Path file, Object root) {
        if (!(root instanceof TensorUnpickler.Dict(var entries)))
            throw MalformedFileException.of(file, "does not hold a dictionary of tensors");
        var out = new LinkedHashMap<String, TensorUnpickler.Tensor>();
        entries.forEach((name, value) -> {
            if (!(name instanceof String key) || !(value instanceof TensorUnpickler.Tensor tensor))
                throw MalformedFileException.of(
                        file, "the entry " + name + " of its dictionary is no tensor");
            out.put(key, tensor);
        });
        return out;
    }

    private static Map<String, TensorData> tensors(
            Path file, Object root, Map<String, Found> storages) {
        var out = new LinkedHashMap<String, TensorData>();
        dictionary(file, root)
                .forEach((name, tensor) -> {
                    var storage = storages.get(tensor.storage().key());
                    if (storage == null)
                        throw MalformedFileException.tensor(
                                file,
                                name,
                                "its storage " + tensor.storage().key() + " is not in the file");
                    out.put(name, view(file, name, tensor, storage));
                });
        return Collections.unmodifiableMap(out);
    }

    private static TensorData view(
            Path file, String name, TensorUnpickler.Tensor tensor, Found storage) {
        var dtype = tensor.storage().dtype();
        checkContiguous(file, name, tensor);
        try {
            long bytes = dtype.byteCount(tensor.shape());
            long from = Math.multiplyExact(tensor.offset(), (long) dtype.bytes());
            if (from >= 0 && bytes <= storage.bytes.byteSize() - from)
                return new TensorData(
                        name,
                        dtype,
                        tensor.shape(),
                        storage.bytes.asSlice(from, bytes),
                        file,
                        storage.offset + from);
        } catch (ArithmeticException _) {
            // told below: no storage is that large
        }
        throw MalformedFileException.tensor(
                file,
                name,
                "reaches beyond its storage of "
                        + storage.bytes.byteSize()
                        + " bytes: the file is damaged, download it again");
    }

    private static void checkContiguous(Path file, String name, TensorUnpickler.Tensor tensor) {
        long[] shape = tensor.shape();
        long[] strides = tensor.strides();
        boolean contiguous = shape.length == strides.length;
        long expected = 1;
        for (int i = shape.length - 1; contiguous && i >= 0; i--) {
            contiguous = shape[i] <= 1 || strides[i] == expected;
            expected *= Math.max(shape[i], 1);
        }
        if (!contiguous)
            throw MalformedFileException.tensor(
                    file, name, "is not stored row after row; save it with .contiguous()");
    }
}
