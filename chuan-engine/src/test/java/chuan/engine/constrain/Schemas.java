package chuan.engine.constrain;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Twenty schemas of the kind that programs send, and an independent judge of values.
final class Schemas {
    static final List<String> ALL = read();

    private Schemas() {}

    private static List<String> read() {
        var file =
                Path.of(System.getProperty("chuan.root", "..")).resolve("testdata/schemas.jsonl");
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What the validator of networknt, which is not ours, finds wrong; empty = nothing.
    static String faults(String schema, String value) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(schema)
                .validate(value, InputFormat.JSON)
                .toString()
                .replaceFirst("^\\[]$", "");
    }
}
