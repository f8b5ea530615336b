package chuan.cli;

import chuan.files.GgufExport;
import chuan.files.GgufValue;
import chuan.files.GgufValues;
import chuan.files.ModelFolder;
import chuan.tokenizer.GgufVocabularyKeys;
import chuan.tokenizer.SentencePieceFile;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A model's vocabulary on its way into a GGUF file: the keys, and the SentencePiece file that our
/// own files carry along. Both empty for a model without one.
record GgufVocabulary(Map<String, GgufValue> keys, Optional<byte[]> file) {

    static GgufVocabulary of(ModelFolder model, ModelOption option) throws IOException {
        if (model.tokenizer().isEmpty()) return new GgufVocabulary(Map.of(), Optional.empty());
        Path source = model.tokenizer().get();
        Tokenizer tokenizer = option.tokenizer();
        var keys = new LinkedHashMap<String, GgufValue>();
        GgufVocabularyKeys.of(tokenizer.model(), model.config().vocab(), GgufExport.isLlama(model))
                .forEach((key, value) -> keys.put(key, value(value)));
        byte[] file =
                source.toString().endsWith(".model")
                        ? Files.readAllBytes(source)
                        : SentencePieceFile.toBytes(tokenizer.model());
        return new GgufVocabulary(keys, Optional.of(file));
    }

    private static GgufValue value(Object value) {
        return switch (value) {
            case String text -> GgufValues.of(text);
            case Boolean flag -> GgufValues.of(flag.booleanValue());
            case Integer number -> GgufValues.of(number.intValue());
            case String[] texts -> GgufValues.of(texts);
            case float[] numbers -> GgufValues.of(numbers);
            case int[] numbers -> GgufValues.of(numbers);
            case byte[] bytes -> GgufValues.of(bytes);
            default -> throw new IllegalArgumentException("no key for " + value.getClass());
        };
    }
}
