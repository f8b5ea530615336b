package chuan.files;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// A value of GGUF's metadata. Strings and arrays are views of the file: nothing is copied before
/// somebody asks for it.
public sealed interface GgufValue {
    GgufType type();

    /// @param value with the bits of an unsigned number, for UINT64
    record Whole(GgufType type, long value) implements GgufValue {}

    record Real(GgufType type, double value) implements GgufValue {}

    record Flag(boolean value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.BOOL;
        }
    }

    /// @param bytes UTF-8
    record Text(MemorySegment bytes) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.STRING;
        }

        /// The text; what is no UTF-8 becomes U+FFFD.
        public String text() {
            return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    /// @param bytes the elements as they stand in the file
    record Array(GgufType elements, long count, MemorySegment bytes) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.ARRAY;
        }
    }
}
