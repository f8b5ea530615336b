package chuan.files;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A JSON value (RFC 8259), read strictly and within bounds; see [JsonReader].
public sealed interface Json {
    /// Fields in the order of the file; names are unique.
    record Obj(Map<String, Json> fields) implements Json {
        /// An object from names and values in turn; values may be strings, numbers, booleans, lists
        /// or [Json].
        public static Obj of(Object... namesAndValues) {
            var fields = new LinkedHashMap<String, Json>();
            for (int i = 0; i < namesAndValues.length; i += 2)
                fields.put((String) namesAndValues[i], from(namesAndValues[i + 1]));
            return new Obj(fields);
        }
    }

    record Arr(List<Json> items) implements Json {}

    record Str(String text) implements Json {}

    /// A number as it was written, so that nothing is lost before somebody asks for a type.
    record Num(String literal) implements Json {}

    record Bool(boolean value) implements Json {}

    record Null() implements Json {}

    /// Reads one value that takes the whole text.
    ///
    /// @param file named in messages
    /// @throws MalformedFileException with the offset of the first wrong byte
    static Json parse(Path file, byte[] utf8) {
        return new JsonReader(file, utf8).whole();
    }

    /// Reads a file that holds one object.
    static Obj readObject(Path file) {
        return parse(file, MappedFile.readSmall(file, JsonReader.LARGEST_TEXT))
                        instanceof Obj object
                ? object
                : refuse(file);
    }

    private static Obj refuse(Path file) {
        throw MalformedFileException.atByte(file, 0, "expected a JSON object");
    }

    /// Text without white space.
    default String compact() {
        return JsonWriter.write(this, false);
    }

    /// Text with two spaces per level and a final line break.
    default String pretty() {
        return JsonWriter.write(this, true);
    }

    private static Json from(Object value) {
        return switch (value) {
            case Json json -> json;
            case String text -> new Str(text);
            case Boolean flag -> new Bool(flag);
            case Integer number -> new Num(number.toString());
            case Long number -> new Num(number.toString());
            case Float number -> number(number.toString());
            case Double number -> number(number.toString());
            case List<?> list -> {
                var items = new ArrayList<Json>();
                for (Object item : list) items.add(from(item));
                yield new Arr(items);
            }
            default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
        };
    }

    /// @throws NumberFormatException for NaN and infinities, which JSON cannot write
    private static Num number(String literal) {
        return new Num(new BigDecimal(literal).stripTrailingZeros().toPlainString());
    }
}
