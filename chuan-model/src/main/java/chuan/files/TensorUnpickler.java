package chuan.files;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A pickle machine (protocol 2, PEP 307 and Lib/pickletools.py) that can build dictionaries,
/// lists, numbers, strings and tensors, and nothing else. A pickle names classes and functions to
/// call; here a name is looked up in a fixed list of what tensors need, and any other is refused
/// with the name. No class is loaded and no method is called by name.
final class TensorUnpickler {
    /// One instruction makes at most one small object, so this bounds memory too.
    private static final int MOST_INSTRUCTIONS = 1_000_000;

    /// A value without contents: Python's `None`.
    enum None {
        NONE
    }

    record Tuple(List<Object> items) {}

    record Dict(Map<Object, Object> entries) {}

    /// A storage by its key in the file.
    record Storage(DType dtype, String key, long elements) {}

    /// A view of a storage: what `_rebuild_tensor_v2` is told.
    record Tensor(Storage storage, long offset, long[] shape, long[] strides) {
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /// The names a pickle may use.
    private enum Callable {
        ORDERED_DICT,
        REBUILD_TENSOR,
        REBUILD_PARAMETER
    }

    private static final Map<String, Object> ALLOWED =
            Map.ofEntries(
                    Map.entry("collections.OrderedDict", Callable.ORDERED_DICT),
                    Map.entry("torch._utils._rebuild_tensor_v2", Callable.REBUILD_TENSOR),
                    Map.entry("torch._utils._rebuild_parameter", Callable.REBUILD_PARAMETER),
                    Map.entry("torch.DoubleStorage", DType.F64),
                    Map.entry("torch.FloatStorage", DType.F32),
                    Map.entry("torch.HalfStorage", DType.F16),
                    Map.entry("torch.BFloat16Storage", DType.BF16),
                    Map.entry("torch.LongStorage", DType.I64),
                    Map.entry("torch.IntStorage", DType.I32),
                    Map.entry("torch.ShortStorage", DType.I16),
                    Map.entry("torch.CharStorage", DType.I8),
                    Map.entry("torch.ByteStorage", DType.U8),
                    Map.entry("torch.BoolStorage", DType.BOOL));

    private final Path file;
    private final MemorySegment bytes;

    /// Where `bytes` begins in the file, for messages.
    private final long origin;

    private long at;
    private int instructions;
    private final ArrayList<Object> stack = new ArrayList<>();
    private final ArrayList<Integer> marks = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();

    TensorUnpickler(Path file, MemorySegment bytes, long origin) {
        this.file = file;
        this.bytes = bytes;
        this.origin = origin;
    }

    /// Where the next pickle would begin.
    long position() {
        return at;
    }

    /// Runs one pickle from the current position to its end.
    Object load() {
        stack.clear();
        marks.clear();
        memo.clear();
        while (true) {
            if (++instructions > MOST_INSTRUCTIONS)
                throw error("more pickle instructions than any checkpoint has");
            int code = u8();
            if (code == '.') return pop();
            step(code);
        }
    }

    private void step(int code) {
        switch (code) {
            case 0x80 -> protocol();
            case '(' -> marks.add(stack.size());
            case '0' -> pop();
            case 'N' -> stack.add(None.NONE);
            case 0x88 -> stack.add(true);
            case 0x89 -> stack.add(false);
            case 'J' -> stack.add((long) i32());
            case 'K' -> stack.add((long) u8());
            case 'M' -> stack.add((long) (u8() | u8() << 8));
            case 0x8a -> stack.add(integer(u8()));
            case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(i64())));
            case 'X', 'T' -> stack.add(text(i32()));
            case 'U' -> stack.add(text(u8()));
            case '}' -> stack.add(new Dict(new LinkedHashMap<>()));
            case ']' -> stack.add(new ArrayList<>());
            case ')' -> stack.add(new Tuple(List.of()));
            case 0x85 -> tuple(stack.size() - 1);
            case 0x86 -> tuple(stack.size() - 2);
            case 0x87 -> tuple(stack.size() - 3);
            case 't' -> tuple(mark());
            case 'q' -> memo.put(u8(), peek());
            case 'r' -> memo.put(i32(), peek());
            case 'h' -> stack.add(recall(u8()));
            case 'j' -> stack.add(recall(i32()));
            case 's' -> setItems(stack.size() - 2);
            case 'u' -> setItems(mark());
            case 'a' -> append(stack.size() - 1);
            case 'e' -> append(mark());
            case 'c' -> stack.add(global());
            case 'Q' -> stack.add(storage(pop()));
            case 'R' -> reduce();
            case 'b' -> build();
            default ->
                    throw error(
                            "pickle instruction 0x"
                                    + Integer.toHexString(code)
                                    + " is not one that checkpoints use");
        }
    }

    private void protocol() {
        int version = u8();
        if (version != 2) throw error("pickle protocol " + version + " instead of 2");
    }

    private Object global() {
        String name = line() + "." + line();
        Object known = ALLOWED.get(name);
        if (known == null)
            throw error(
                    "the pickle asks for "
                            + name
                            + ", which no tensor needs; nothing of it was run. Use the safetensors"
                            + " version of this model");
        return known;
    }

    /// `('storage', type, key, location, elements)`, in old files with a view on another storage.
    private Storage storage(Object id) {
        if (id instanceof Tuple(var items)
                && (items.size() == 5 || (items.size() == 6 && items.get(5) == None.NONE))
                && items.get(0).equals("storage")
                && items.get(1) instanceof DType dtype
                && items.get(2) instanceof String key
                && items.get(4) instanceof Long elements
                && elements >= 0) return new Storage(dtype, key, elements);
        throw error("an object outside the pickle that is no plain tensor storage");
    }

    private void reduce() {
        Object arguments = pop();
        Object function = pop();
        if (!(function instanceof Callable callable) || !(arguments instanceof Tuple(var items)))
            throw error("the pickle calls something that is no function");
        stack.add(
                switch (callable) {
                    case ORDERED_DICT -> orderedDict(items);
                    case REBUILD_TENSOR -> tensor(items);
                    case REBUILD_PARAMETER -> parameter(items);
                });
    }

    private Object orderedDict(List<Object> items) {
        if (!items.isEmpty()) throw error("an ordered dictionary with arguments");
        return new Dict(new LinkedHashMap<>());
    }

    private Object tensor(List<Object> items) {
        if (items.size() >= 4
                && items.get(0) instanceof Storage storage
                && items.get(1) instanceof Long offset
                && items.get(2) instanceof Tuple(var shape)
                && items.get(3) instanceof Tuple(var strides))
            return new Tensor(storage, offset, longs(shape), longs(strides));
        throw error("a tensor with unexpected arguments");
    }

    private Object parameter(List<Object> items) {
        if (!items.isEmpty() && items.getFirst() instanceof Tensor tensor) return tensor;
        throw error("a parameter that is no tensor");
    }

    private long[] longs(List<Object> items) {
        if (items.size() > 8) throw error("a tensor of " + items.size() + " dimensions");
        var out = new long[items.size()];
        for (int i = 0; i < out.length; i++) {
            if (!(items.get(i) instanceof Long value) || value < 0)
                throw error("a tensor dimension that is no natural number");
            out[i] = value;
        }
        return out;
    }

    /// Attributes of a dictionary (`_metadata`) carry nothing we need; other objects have none.
    private void build() {
        pop();
        if (!(peek() instanceof Dict)) throw error("state for an object that has none");
    }

    private void tuple(int from) {
        stack.add(new Tuple(popFrom(from)));
    }

    private void setItems(int from) {
        var items = popFrom(from);
        if (items.size() % 2 != 0 || !(peek() instanceof Dict(var entries)))
            throw error("items for something that is no dictionary");
        for (int i = 0; i < items.size(); i += 2) {
            if (!(items.get(i) instanceof String || items.get(i) instanceof Long))
                throw error("a dictionary key that is neither string nor integer");
            if (entries.put(items.get(i), items.get(i + 1)) != null)
                throw error("the dictionary key " + items.get(i) + " appears twice");
        }
    }

    @SuppressWarnings("unchecked")
    private void append(int from) {
        var items = popFrom(from);
        if (!(peek() instanceof ArrayList<?> list))
            throw error("items for something that is no list");
        ((ArrayList<Object>) list).addAll(items);
    }

    private Object recall(int key) {
        Object value = memo.get(key);
        if (value == null) throw error("the pickle recalls what it never stored");
        return value;
    }

    private int mark() {
        if (marks.isEmpty()) throw error("the pickle closes what it never opened");
        return marks.removeLast();
    }

    private List<Object> popFrom(int from) {
        if (from < floor() || from > stack.size()) throw error("the pickle stack is empty");
        var tail = stack.subList(from, stack.size());
        var items = List.copyOf(tail);
        tail.clear();
        return items;
    }

    private Object pop() {
        if (stack.size() <= floor()) throw error("the pickle stack is empty");
        return stack.removeLast();
    }

    private Object peek() {
        if (stack.size() <= floor()) throw error("the pickle stack is empty");
        return stack.getLast();
    }

    /// Nothing below the innermost open mark may be taken.
    private int floor() {
        return marks.isEmpty() ? 0 : marks.getLast();
    }

    private Object integer(int count) {
        byte[] little = take(count).toArray(ValueLayout.JAVA_BYTE);
        if (count == 0) return 0L;
        for (int i = 0; i < count / 2; i++) {
            byte b = little[i];
            little[i] = little[count - 1 - i];
            little[count - 1 - i] = b;
        }
        var value = new BigInteger(little);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private String line() {
        long from = at;
        while (u8() != '\n') {
            if (at - from > 200) throw error("a name without an end");
        }
        return ascii(bytes.asSlice(from, at - 1 - from));
    }

    private String text(int count) {
        return new String(take(count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private static String ascii(MemorySegment bytes) {
        return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    private MemorySegment take(long count) {
        if (count < 0 || count > bytes.byteSize() - at)
            throw error("the pickle ends in the middle of a value");
        var taken = bytes.asSlice(at, count);
        at += count;
        return taken;
    }

    private int u8() {
        return take(1).get(ValueLayout.JAVA_BYTE, 0) & 0xff;
    }

    private int i32() {
        return take(Integer.BYTES).get(TensorData.INT, 0);
    }

    private long i64() {
        return take(Long.BYTES).get(TensorData.LONG, 0);
    }

    private MalformedFileException error(String problem) {
        return MalformedFileException.atByte(file, origin + at, problem);
    }
}
