package chuan.files;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// A GGUF file, mapped: typed keys, a list of tensors, aligned data (format: ggml-org/ggml,
/// docs/gguf.md; versions 2 and 3). Nothing is viewed before the whole head is proven: counts and
/// lengths against the bytes left, shapes against types, offsets against the file and each other.
/// Unused bytes between and behind the tensors are allowed.
///
/// @param alignment of the data, in bytes
/// @param values by key, in the order of the file
/// @param tensors by the names in the file, in its order; shapes as everywhere here, `[rows,
///   columns]`
public record GgufFile(
        Path file,
        int version,
        int alignment,
        Map<String, GgufValue> values,
        Map<String, TensorData> tensors) {

    /// "GGUF"
    static final int MAGIC = 0x4655_4747;

    static final String ALIGNMENT = "general.alignment";
    static final int DEFAULT_ALIGNMENT = 32;
    private static final int LARGEST_ALIGNMENT = 1 << 20;

    private static final int SMALLEST_KEY = Long.BYTES + Integer.BYTES + 1;
    private static final int SMALLEST_TENSOR = 3 * Long.BYTES + 2 * Integer.BYTES;

    /// A file of many gigabytes has room for more names than the heap.
    private static final int MOST_NAMES = 100_000;

    private static final int MOST_DIMENSIONS = 4;

    public static GgufFile open(Path file) {
        return parse(file, MappedFile.map(file));
    }

    /// @param file named in messages
    static GgufFile parse(Path file, MemorySegment bytes) {
        var in = new GgufReader(file, bytes);
        int version = readVersion(file, in);
        long tensorCount = in.count("tensors", SMALLEST_TENSOR);
        long keyCount = in.count("keys", SMALLEST_KEY);
        if (tensorCount > MOST_NAMES || keyCount > MOST_NAMES)
            throw MalformedFileException.of(
                    file, tensorCount + " tensors and " + keyCount + " keys are too many");

        var values = new LinkedHashMap<String, GgufValue>();
        for (long i = 0; i < keyCount; i++) {
            String key = in.name();
            if (values.put(key, in.value(key)) != null)
                throw MalformedFileException.key(file, key, "occurs twice");
        }
        int alignment = readAlignment(new GgufKeys(file, values));
        var infos = new LinkedHashMap<String, Info>();
        for (long i = 0; i < tensorCount; i++) {
            var info = Info.read(file, in);
            if (infos.put(info.name, info) != null)
                throw MalformedFileException.tensor(file, info.name, "occurs twice");
        }
        long dataStart = Math.ceilDiv(in.position(), alignment) * (long) alignment;
        checkLayout(file, infos.values(), alignment, bytes.byteSize() - dataStart);

        var tensors = new LinkedHashMap<String, TensorData>();
        infos.forEach((name, info) -> {
            long from = dataStart + info.offset;
            var data = bytes.asSlice(from, info.bytes);
            tensors.put(name, new TensorData(name, info.dtype, info.shape, data, file, from));
        });
        return new GgufFile(
                file,
                version,
                alignment,
                Collections.unmodifiableMap(values),
                Collections.unmodifiableMap(tensors));
    }

    /// Access to the keys by type.
    GgufKeys keys() {
        return new GgufKeys(file, values);
    }

    private static int readVersion(Path file, GgufReader in) {
        if (in.left() < 2 * Integer.BYTES)
            throw MalformedFileException.of(
                    file, "only " + in.left() + " bytes: too short for a GGUF file");
        if (in.u32() != MAGIC)
            throw MalformedFileException.of(
                    file,
                    "not a GGUF file: it does not begin with \"GGUF\". A model is a folder with"
                            + " config.json or one .gguf file");
        int version = in.u32();
        if (version == 2 || version == 3) return version;
        int reversed = Integer.reverseBytes(version);
        throw MalformedFileException.atByte(
                file,
                Integer.BYTES,
                reversed == 2 || reversed == 3
                        ? "a big-endian GGUF file; only little-endian ones are supported"
                        : "version "
                                + Integer.toUnsignedString(version)
                                + " is not supported; 2 and 3 are");
    }

    private static int readAlignment(GgufKeys keys) {
        int alignment = keys.integer(ALIGNMENT, DEFAULT_ALIGNMENT);
        if (Integer.bitCount(alignment) != 1 || alignment < 1 || alignment > LARGEST_ALIGNMENT)
            throw MalformedFileException.key(
                    keys.file(), ALIGNMENT, alignment + " is not a power of two up to 2^20");
        return alignment;
    }

    /// Every tensor lies inside the data at a multiple of the alignment, and on no other one.
    private static void checkLayout(
            Path file, Iterable<Info> infos, int alignment, long dataBytes) {
        var sorted = new ArrayList<Info>();
        for (Info info : infos) {
            if ((info.offset & (alignment - 1)) != 0)
                throw MalformedFileException.tensor(
                        file,
                        info.name,
                        "offset "
                                + Long.toUnsignedString(info.offset)
                                + " is not a multiple of the alignment "
                                + alignment);
            if (info.offset < 0 || info.offset > dataBytes - info.bytes)
                throw MalformedFileException.tensor(
                        file,
                        info.name,
                        info.bytes
                                + " bytes from offset "
                                + Long.toUnsignedString(info.offset)
                                + " pass the end of the file, which has "
                                + Math.max(0, dataBytes)
                                + " bytes of data: cut short or damaged, download it again");
            sorted.add(info);
        }
        sorted.sort(Comparator.comparingLong(Info::offset).thenComparingLong(Info::bytes));
        for (int i = 1; i < sorted.size(); i++) {
            var before = sorted.get(i - 1);
            if (sorted.get(i).offset < before.offset + before.bytes)
                throw MalformedFileException.tensor(
                        file, sorted.get(i).name, "overlaps tensor " + before.name);
        }
    }

    /// A tensor as the head tells it; `offset` counts from the start of the data.
    private record Info(String name, DType dtype, long[] shape, long offset, long bytes) {

        static Info read(Path file, GgufReader in) {
            String name = in.name();
            int dimensions = in.u32();
            if (dimensions < 1 || dimensions > MOST_DIMENSIONS)
                throw MalformedFileException.tensor(
                        file,
                        name,
                        Integer.toUnsignedString(dimensions)
                                + " dimensions; 1 to "
                                + MOST_DIMENSIONS
                                + " are allowed");
            // innermost first in the file
            long[] shape = new long[dimensions];
            for (int i = dimensions - 1; i >= 0; i--) shape[i] = in.u64();
            for (long d : shape)
                if (d == 0)
                    throw MalformedFileException.tensor(
                            file, name, "a dimension of " + sizes(shape) + " is 0");
            int number = in.u32();
            var dtype =
                    GgufTensorTypes.numbered(number)
                            .orElseThrow(() ->
                                    MalformedFileException.tensor(
                                            file, name, GgufTensorTypes.complaint(number)));
            try {
                return new Info(name, dtype, shape, in.u64(), dtype.byteCount(shape));
            } catch (ArithmeticException _) {
                throw MalformedFileException.tensor(
                        file, name, sizes(shape) + " elements are too many for any file");
            } catch (IllegalArgumentException e) {
                throw MalformedFileException.tensor(file, name, String.valueOf(e.getMessage()));
            }
        }

        private static String sizes(long[] shape) {
            return Arrays.stream(shape)
                    .mapToObj(Long::toUnsignedString)
                    .collect(Collectors.joining(" x "));
        }
    }
}
