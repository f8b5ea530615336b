package chuan.files;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A safetensors file, mapped: eight bytes of header length, a JSON header, the tensors back to
/// back (format: huggingface/safetensors). Nothing is viewed before the whole header is proven:
/// lengths, types, shapes against byte counts, no gap, no overlap, no byte left over.
///
/// @param tensors by name, in the order of the header
/// @param metadata free text of whoever wrote the file
public record SafetensorsFile(
        Path file, Map<String, TensorData> tensors, Map<String, String> metadata) {

    private static final int PREFIX = 8;
    private static final String METADATA = "__metadata__";

    public static SafetensorsFile open(Path file) {
        return parse(file, MappedFile.map(file));
    }

    /// @param file named in messages
    static SafetensorsFile parse(Path file, MemorySegment bytes) {
        if (bytes.byteSize() < PREFIX)
            throw MalformedFileException.of(
                    file, "only " + bytes.byteSize() + " bytes: too short for a safetensors file");
        long headerBytes = bytes.get(TensorData.LONG, 0);
        long room = bytes.byteSize() - PREFIX;
        if (headerBytes < 2 || headerBytes > Math.min(room, JsonReader.LARGEST_TEXT))
            throw MalformedFileException.atByte(
                    file,
                    0,
                    "a header of "
                            + Long.toUnsignedString(headerBytes)
                            + " bytes in a file of "
                            + bytes.byteSize()
                            + ": not a safetensors file, or cut short; download it again");
        byte[] header = bytes.asSlice(PREFIX, headerBytes).toArray(ValueLayout.JAVA_BYTE);
        if (!(Json.parse(file, header) instanceof Json.Obj(var fields)))
            throw MalformedFileException.atByte(file, PREFIX, "the header is not a JSON object");

        var metadata = new LinkedHashMap<String, String>();
        var entries = new ArrayList<Entry>();
        fields.forEach((name, value) -> {
            if (name.equals(METADATA)) readMetadata(file, value, metadata);
            else entries.add(Entry.read(file, name, value));
        });
        var data = bytes.asSlice(PREFIX + headerBytes);
        checkLayout(file, entries, data.byteSize());

        var tensors = new LinkedHashMap<String, TensorData>();
        for (Entry e : entries)
            tensors.put(
                    e.name,
                    new TensorData(
                            e.name,
                            e.dtype,
                            e.shape,
                            data.asSlice(e.begin, e.end - e.begin),
                            file,
                            PREFIX + headerBytes + e.begin));
        return new SafetensorsFile(
                file, Collections.unmodifiableMap(tensors), Collections.unmodifiableMap(metadata));
    }

    /// In order of offset, each tensor begins where the last one ends, and the last ends the file.
    private static void checkLayout(Path file, List<Entry> entries, long dataBytes) {
        var sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long at = 0;
        for (Entry e : sorted) {
            if (e.end > dataBytes)
                throw MalformedFileException.tensor(
                        file,
                        e.name,
                        "ends at byte "
                                + e.end
                                + " of the data, but there are only "
                                + dataBytes
                                + ": the file is cut short, download it again");
            if (e.begin != at)
                throw MalformedFileException.tensor(
                        file,
                        e.name,
                        "begins at byte "
                                + e.begin
                                + " of the data, the one before ends at "
                                + at
                                + (e.begin < at ? ": they overlap" : ": there is a gap"));
            at = e.end;
        }
        if (at != dataBytes)
            throw MalformedFileException.of(
                    file, (dataBytes - at) + " bytes behind the last tensor belong to none");
    }

    private static void readMetadata(Path file, Json value, Map<String, String> into) {
        if (!(value instanceof Json.Obj(var fields)))
            throw MalformedFileException.key(file, METADATA, "must be an object of strings");
        fields.forEach((name, text) -> {
            if (!(text instanceof Json.Str(String string)))
                throw MalformedFileException.key(file, METADATA, "must be an object of strings");
            into.put(name, string);
        });
    }

    /// One tensor as the header tells it; `[begin, end)` counts from the end of the header.
    private record Entry(String name, DType dtype, long[] shape, long begin, long end) {

        static Entry read(Path file, String name, Json value) {
            if (!(value instanceof Json.Obj(var fields)))
                throw MalformedFileException.tensor(file, name, "is not described by an object");
            if (!(fields.get("dtype") instanceof Json.Str(String typeName)))
                throw MalformedFileException.tensor(file, name, "has no \"dtype\"");
            var dtype =
                    DType.named(typeName)
                            .orElseThrow(() ->
                                    MalformedFileException.tensor(
                                            file, name, "unknown dtype " + typeName));
            long[] shape = numbers(file, name, "shape", fields.get("shape"));
            long[] range = numbers(file, name, "data_offsets", fields.get("data_offsets"));
            if (range.length != 2 || range[0] > range[1])
                throw MalformedFileException.tensor(
                        file, name, "\"data_offsets\" must be two numbers in order");
            try {
                long bytes = dtype.byteCount(shape);
                if (bytes != range[1] - range[0])
                    throw MalformedFileException.tensor(
                            file,
                            name,
                            "its shape needs "
                                    + bytes
                                    + " bytes, its offsets hold "
                                    + (range[1] - range[0]));
            } catch (ArithmeticException _) {
                throw MalformedFileException.tensor(file, name, "its shape is too large to exist");
            }
            return new Entry(name, dtype, shape, range[0], range[1]);
        }

        private static long[] numbers(Path file, String name, String key, @Nullable Json value) {
            if (!(value instanceof Json.Arr(var items)) || items.size() > 8)
                throw MalformedFileException.tensor(
                        file, name, "\"" + key + "\" must be a short list of numbers");
            var out = new long[items.size()];
            for (int i = 0; i < out.length; i++) out[i] = natural(file, name, key, items.get(i));
            return out;
        }

        private static long natural(Path file, String name, String key, Json value) {
            try {
                if (value instanceof Json.Num(String literal) && !literal.startsWith("-"))
                    return Long.parseLong(literal);
            } catch (NumberFormatException _) {
                // told below, like any other value that is not a natural number
            }
            throw MalformedFileException.tensor(
                    file, name, "\"" + key + "\" holds something that is no natural number");
        }
    }
}
