package chuan.train;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// Reads and writes [TrainConfig] as YAML. An unknown key is an error that names it.
final class ConfigFile {
    private static final YAMLMapper YAML =
            YAMLMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
                    .build();

    private ConfigFile() {}

    /// The values of `file` over those of the resource `defaults`.
    static TrainConfig read(Path file, String defaults) {
        JsonNode given;
        try {
            given = YAML.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new TrainingException(file + ": cannot be read (" + e.getMessage() + ")", e);
        } catch (JacksonException e) {
            throw new TrainingException(file + ": not YAML: " + e.getOriginalMessage() + at(e), e);
        }
        if (!(given instanceof ObjectNode values)) {
            throw new TrainingException(file + ": expected keys and values");
        }
        try (InputStream in = ConfigFile.class.getResourceAsStream(defaults)) {
            if (in == null) {
                throw new IllegalStateException("no resource " + defaults);
            }
            var merged = (ObjectNode) YAML.readTree(in);
            merge(merged, values);
            return YAML.treeToValue(merged, TrainConfig.class);
        } catch (UnrecognizedPropertyException e) {
            throw new TrainingException(
                    "%s: unknown key %s; known here: %s"
                            .formatted(file, key(e), e.getKnownPropertyIds()),
                    e);
        } catch (DatabindException e) {
            Throwable cause = e.getCause();
            throw new TrainingException(
                    cause instanceof TrainingException
                            ? file + ": " + cause.getMessage()
                            : "%s: %s: %s".formatted(file, key(e), firstLine(e)),
                    e);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Objects are merged key by key, all else is replaced.
    private static void merge(ObjectNode into, ObjectNode from) {
        for (var entry : from.properties()) {
            if (entry.getValue() instanceof ObjectNode inner
                    && into.get(entry.getKey()) instanceof ObjectNode target) {
                merge(target, inner);
            } else {
                into.set(entry.getKey(), entry.getValue());
            }
        }
    }

    static String write(TrainConfig config) {
        return YAML.writeValueAsString(config);
    }

    private static String key(DatabindException e) {
        var path = new StringBuilder();
        for (var reference : e.getPath()) {
            if (reference.getPropertyName() == null) {
                path.append('[').append(reference.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(reference.getPropertyName());
            }
        }
        return path.toString();
    }

    private static String firstLine(JacksonException e) {
        return e.getOriginalMessage().lines().findFirst().orElse("");
    }

    private static String at(JacksonException e) {
        return e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
    }
}
