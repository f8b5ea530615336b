package chuan.engine.tools;

import chuan.engine.InvalidRequestException;

/// Something that a model may ask its user's program to do.
///
/// @param name by which it is called: letters, digits and signs without blanks, quotes and
///   backslashes, so that it is spelled in one way only
/// @param description for the model; "" for none
/// @param parameters JSON text of a JSON schema that the arguments, an object, are to follow; "" if
///   there are none
/// @param strict a schema that cannot be followed is refused; otherwise such a tool is called with
///   any object
public record Tool(String name, String description, String parameters, boolean strict) {
    private static final int LONGEST_NAME = 64;

    /// One that is called with any object if its schema cannot be followed.
    public Tool(String name, String description, String parameters) {
        this(name, description, parameters, false);
    }

    /// @throws InvalidRequestException if the name cannot be one
    public Tool {
        if (name.isEmpty()) throw new InvalidRequestException("name", "is empty");
        if (name.codePointCount(0, name.length()) > LONGEST_NAME)
            throw new InvalidRequestException(
                    "name", "has more than " + LONGEST_NAME + " characters");
        if (!name.codePoints().allMatch(Tool::isPlain))
            throw new InvalidRequestException(
                    "name",
                    "'"
                            + name
                            + "' may hold neither blanks nor quotes, backslashes or control"
                            + " characters");
    }

    private static boolean isPlain(int c) {
        return c > ' '
                && c != '"'
                && c != '\\'
                && !Character.isISOControl(c)
                && !Character.isWhitespace(c)
                && !(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }
}
