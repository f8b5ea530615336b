package chuan.cli;

import chuan.engine.ChatSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The model that a chat is had with, in memory; another one takes its place.
final class OpenModels implements ChatModels, AutoCloseable {
    private static final int DEEPEST = 3;

    private final CommonOptions common;
    private final SamplingMixin sampling;
    private final Streams streams;
    private @Nullable LoadedModel loaded;
    private @Nullable ChatSession session;

    OpenModels(CommonOptions common, SamplingMixin sampling, Streams streams) {
        this.common = common;
        this.sampling = sampling;
        this.streams = streams;
    }

    /// Shipped ones and those that were pulled, as `--model` takes them.
    @Override
    public List<String> names() {
        var names = new TreeSet<String>();
        Path shipped = Models.home().resolve("models");
        folders(shipped, 1).forEach(folder -> names.add(folder.toString()));
        Path store = Models.store();
        folders(store, DEEPEST)
                .forEach(folder ->
                        names.add(store.relativize(folder).toString().replace('\\', '/')));
        return List.copyOf(names);
    }

    private static List<Path> folders(Path root, int depth) {
        if (!Files.isDirectory(root)) return List.of();
        try (var all = Files.walk(root, depth)) {
            return new ArrayList<>(
                    all.filter(folder -> Files.exists(folder.resolve("config.json"))).toList());
        } catch (IOException | UncheckedIOException _) {
            return List.of(); // a list for people: what cannot be read is not offered
        }
    }

    @Override
    public Conversation open(String name) {
        var option = new ModelOption();
        if (!name.isEmpty()) option.folder = Path.of(name);
        option.open(); // what is wrong with its files comes out while the other is still there
        close();
        try {
            return begin(option);
        } catch (IOException e) {
            throw new CliException(name + ": " + e.getMessage());
        }
    }

    Conversation begin(ModelOption option) throws IOException {
        var model = LoadedModel.open(option, common, KernelChoice.AUTO, streams);
        loaded = model;
        var engine = model.engine(option, common, sampling);
        if (!engine.settings().chatTuned())
            streams.err().println("chuan: this model was not trained to answer; it will continue");
        var chat = engine.chat();
        session = chat;
        return new EngineConversation(name(option), engine, chat);
    }

    private static String name(ModelOption option) {
        Path last = option.path().getFileName();
        return last == null ? option.path().toString() : last.toString();
    }

    /// See [LoadedModel#awaitWeights].
    void awaitWeights() {
        if (loaded != null) loaded.awaitWeights();
    }

    @Override
    public void close() {
        if (session != null) session.close();
        if (loaded != null) loaded.close();
        session = null;
        loaded = null;
    }
}
