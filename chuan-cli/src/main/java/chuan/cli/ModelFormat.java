package chuan.cli;

import chuan.files.GgufFile;
import chuan.files.GgufValue;
import chuan.files.ModelFolder;
import chuan.files.TensorData;
import chuan.server.ServedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// In which form a model is stored and under which licence, in words.
final class ModelFormat {
    private static final String LICENCE_KEY = "license:";

    /// `general.file_type`: what llama.cpp calls a file by, though tensors differ.
    private static final Map<Long, String> GGUF_KINDS =
            Map.ofEntries(
                    Map.entry(0L, "F32"),
                    Map.entry(1L, "F16"),
                    Map.entry(2L, "Q4_0"),
                    Map.entry(3L, "Q4_1"),
                    Map.entry(7L, "Q8_0"),
                    Map.entry(8L, "Q5_0"),
                    Map.entry(9L, "Q5_1"),
                    Map.entry(14L, "Q4_K_S"),
                    Map.entry(15L, "Q4_K_M"),
                    Map.entry(16L, "Q5_K_S"),
                    Map.entry(17L, "Q5_K_M"),
                    Map.entry(18L, "Q6_K"),
                    Map.entry(32L, "BF16"));

    private ModelFormat() {}

    /// "GGUF version 3, baichuan, Q4_0", "folder with safetensors".
    static String name(ModelFolder model) {
        if (isGguf(model)) {
            var file = GgufFile.open(model.path());
            var kind =
                    file.values().get("general.file_type")
                                    instanceof GgufValue.Whole(_, long number)
                            ? Optional.ofNullable(GGUF_KINDS.get(number))
                            : Optional.<String>empty();
            return "GGUF version "
                    + file.version()
                    + text(file, "general.architecture").map(a -> ", " + a).orElse("")
                    + kind.map(k -> ", " + k).orElse("");
        }
        boolean safetensors =
                model.stored().values().stream()
                        .anyMatch(t -> t.file().toString().endsWith(".safetensors"));
        return safetensors ? "folder with safetensors" : "folder with PyTorch files";
    }

    /// In few words, for clients of a server.
    static ServedModel.Weights weights(ModelFolder model) {
        var bytes = new HashMap<String, Long>();
        for (TensorData t : model.stored().values())
            bytes.merge(t.dtype().name(), t.data().byteSize(), Math::addExact);
        String most =
                bytes.entrySet().stream()
                        .max(Map.Entry.comparingByValue())
                        .map(Map.Entry::getKey)
                        .orElse("");
        return new ServedModel.Weights(
                isGguf(model) ? "gguf" : "safetensors",
                most,
                model.weightBytes(),
                model.parameters());
    }

    /// What the model card and licence files of a folder say, or the key of a GGUF file, in their
    /// words.
    static String licence(ModelFolder model) throws IOException {
        if (isGguf(model))
            return text(GgufFile.open(model.path()), "general.license")
                    .orElse("the file names none");
        var found = new ArrayList<String>();
        Path folder = model.path();
        Path card = folder.resolve("README.md");
        if (Files.isRegularFile(card))
            Files.readAllLines(card).stream()
                    .filter(l -> l.toLowerCase(Locale.ROOT).startsWith(LICENCE_KEY))
                    .map(l -> l.substring(LICENCE_KEY.length()).strip())
                    .limit(1)
                    .forEach(found::add);
        try (var files = Files.list(folder)) {
            files.map(f -> f.getFileName().toString())
                    .filter(f -> f.toLowerCase(Locale.ROOT).contains("licen"))
                    .sorted()
                    .forEach(f -> found.add("see " + f));
        }
        return found.isEmpty() ? "the folder names none" : String.join(", ", found);
    }

    private static boolean isGguf(ModelFolder model) {
        return Files.isRegularFile(model.path());
    }

    private static Optional<String> text(GgufFile file, String key) {
        return file.values().get(key) instanceof GgufValue.Text text
                ? Optional.of(text.text())
                : Optional.empty();
    }
}
