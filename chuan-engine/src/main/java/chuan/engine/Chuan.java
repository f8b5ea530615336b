package chuan.engine;

import chuan.files.ModelFolder;
import chuan.load.Backends;
import chuan.load.LoadOptions;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Opens models: where a program that embeds Chuan begins.
///
/// ```java
/// try (var model = Chuan.open(path)) {
///     model.chat("你好！").stream(System.out::print);
/// }
/// ```
///
/// See docs/embedding.md.
public final class Chuan {
    private Chuan() {}

    /// Opens a model on the best back end that is on the class path.
    ///
    /// @param path a folder in Hugging Face layout, or a GGUF file
    /// @throws chuan.files.MalformedFileException if something about the files is wrong; the
    ///   message is one line that names file and place
    /// @throws chuan.load.MissingBackendException if no back end is on the class path
    public static LanguageModel open(Path path) {
        return open(path, LoadOptions.defaults());
    }

    public static LanguageModel open(Path path, LoadOptions options) {
        return open(path, options, SchedulerOptions.defaults());
    }

    /// @param scheduling how many callers are served at a time, and how much of earlier prompts is
    ///   remembered
    public static LanguageModel open(Path path, LoadOptions options, SchedulerOptions scheduling) {
        var provider = Backends.choose(options);
        var folder = ModelFolder.open(path);
        var tokenizer = tokenizer(path);
        var backend = provider.load(folder, options);
        try {
            var engine =
                    new Engine(
                            backend,
                            tokenizer,
                            GenerationSettings.of(folder.generation(), folder.config()),
                            EngineOptions.defaults().withContext(options.context()));
            return new LanguageModel(engine, scheduling, backend);
        } catch (RuntimeException e) {
            backend.close();
            throw e;
        }
    }

    private static Tokenizer tokenizer(Path path) {
        try {
            return Files.isRegularFile(path) ? Tokenizer.load(path) : Tokenizer.loadFolder(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }
}
