package chuan.files;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/// The keys of a GGUF file with their types checked; every complaint names file and key.
///
/// @param file for messages
record GgufKeys(Path file, Map<String, GgufValue> values) {

    /// @throws MalformedFileException if the key is absent or not a natural number of 31 bits
    int integer(String key) {
        return optionalInteger(key)
                .orElseThrow(() -> MalformedFileException.key(file, key, "is missing"));
    }

    int integer(String key, int ifAbsent) {
        return optionalInteger(key).orElse(ifAbsent);
    }

    OptionalInt optionalInteger(String key) {
        var value = find(key);
        if (value.isEmpty()) return OptionalInt.empty();
        if (!(value.get() instanceof GgufValue.Whole(var type, long number)))
            throw wrongType(key, "an unsigned integer");
        if (number < 0 || number > Integer.MAX_VALUE)
            throw MalformedFileException.key(
                    file,
                    key,
                    "is "
                            + (type == GgufType.UINT64 ? Long.toUnsignedString(number) : number)
                            + ", not an integer from 0 to 2^31 - 1");
        return OptionalInt.of((int) number);
    }

    /// @throws MalformedFileException if the key is absent or no number
    double decimal(String key) {
        return optionalDecimal(key)
                .orElseThrow(() -> MalformedFileException.key(file, key, "is missing"));
    }

    double decimal(String key, double ifAbsent) {
        return optionalDecimal(key).orElse(ifAbsent);
    }

    private OptionalDouble optionalDecimal(String key) {
        var value = find(key);
        if (value.isEmpty()) return OptionalDouble.empty();
        if (value.get() instanceof GgufValue.Real(_, double number))
            return OptionalDouble.of(number);
        throw wrongType(key, "a floating-point number");
    }

    boolean flag(String key, boolean ifAbsent) {
        var value = find(key);
        if (value.isEmpty()) return ifAbsent;
        if (value.get() instanceof GgufValue.Flag(boolean flag)) return flag;
        throw wrongType(key, "a truth value");
    }

    Optional<String> text(String key) {
        var value = find(key);
        if (value.isEmpty()) return Optional.empty();
        if (!(value.get() instanceof GgufValue.Text text)) throw wrongType(key, "a string");
        if (text.bytes().byteSize() > JsonReader.LARGEST_TEXT)
            throw MalformedFileException.key(file, key, "is too long");
        return Optional.of(text.text());
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    private Optional<GgufValue> find(String key) {
        return Optional.ofNullable(values.get(key));
    }

    private MalformedFileException wrongType(String key, String expected) {
        var found = find(key).orElseThrow().type().described();
        return MalformedFileException.key(file, key, "is " + found + ", expected is " + expected);
    }
}
