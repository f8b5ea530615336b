package chuan.files;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// The keys of one JSON object with their types checked; every complaint names file and key. A key
/// whose value is `null` counts as absent, as in the Python world.
///
/// @param file for messages
public record JsonFields(Path file, Json.Obj object) {

    public boolean has(String key) {
        return find(key).isPresent();
    }

    /// @throws MalformedFileException if the key is absent or not an integer of 32 bits
    public int integer(String key) {
        return optionalInteger(key)
                .orElseThrow(() -> MalformedFileException.key(file, key, "is missing"));
    }

    public int integer(String key, int ifAbsent) {
        return optionalInteger(key).orElse(ifAbsent);
    }

    public OptionalInt optionalInteger(String key) {
        var value = find(key);
        if (value.isEmpty()) return OptionalInt.empty();
        try {
            return OptionalInt.of(number(key, value.get()).intValueExact());
        } catch (ArithmeticException _) {
            throw MalformedFileException.key(
                    file, key, "is not an integer of 32 bits: " + value.get().compact());
        }
    }

    public double decimal(String key, double ifAbsent) {
        var value = find(key);
        return value.isEmpty() ? ifAbsent : number(key, value.get()).doubleValue();
    }

    public boolean flag(String key, boolean ifAbsent) {
        var value = find(key);
        if (value.isEmpty()) return ifAbsent;
        if (value.get() instanceof Json.Bool(boolean flag)) return flag;
        throw MalformedFileException.key(file, key, "must be true or false");
    }

    public Optional<String> text(String key) {
        var value = find(key);
        if (value.isEmpty()) return Optional.empty();
        if (value.get() instanceof Json.Str(String text)) return Optional.of(text);
        throw MalformedFileException.key(file, key, "must be a string");
    }

    /// The value, if the key is present and not `null`.
    public Optional<Json> find(String key) {
        return Optional.ofNullable(object.fields().get(key)).filter(v -> !(v instanceof Json.Null));
    }

    private BigDecimal number(String key, Json value) {
        if (!(value instanceof Json.Num(String literal)))
            throw MalformedFileException.key(file, key, "must be a number");
        try {
            var number = new BigDecimal(literal);
            if (Math.abs((long) number.scale()) <= 1000) return number;
        } catch (NumberFormatException _) {
            // an exponent of more than ten digits
        }
        throw MalformedFileException.key(file, key, "is out of any range: " + literal);
    }
}
