package chuan.cli;

import chuan.engine.Engine;
import chuan.engine.EngineOptions;
import chuan.engine.GenerationSettings;
import chuan.eval.Examinee;
import chuan.eval.local.LocalExaminee;
import chuan.model.Backend;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// A model of this machine, opened to be examined. Closes model and examinee.
final class EvalModel implements AutoCloseable {
    private final LoadedModel loaded;
    private final Engine engine;
    private final LocalExaminee examinee;

    private EvalModel(LoadedModel loaded, Engine engine, LocalExaminee examinee) {
        this.engine = engine;
        this.loaded = loaded;
        this.examinee = examinee;
    }

    Engine engine() {
        return engine;
    }

    LocalExaminee examinee() {
        return examinee;
    }

    /// @param batch questions that are computed together
    /// @param share whether what begins alike is computed once
    /// @throws CliException if the model needs more memory than there is: before a weight is read
    static EvalModel open(
            ModelOption model,
            CommonOptions common,
            KernelChoice kernels,
            int batch,
            boolean share,
            Streams streams)
            throws IOException {
        var tokenizer = model.tokenizer();
        long room = room(model, common);
        var hashes = ModelFiles.hashes(model.path(), streams);
        var loaded = LoadedModel.open(model, common, kernels, streams);
        try {
            var folder = loaded.folder();
            var engine =
                    new Engine(
                            loaded.backend(),
                            tokenizer,
                            GenerationSettings.of(folder.generation(), folder.config()),
                            EngineOptions.defaults().withContext(common.context));
            var options = options(loaded.backend(), engine.context(), batch, room).withShare(share);
            if (common.verbose)
                streams.err()
                        .println(
                                "chuan: questions side by side share %s of keys and values at most"
                                        .formatted(ByteSize.gigabytes(options.kvBytes())));
            var facts = facts(model, common, kernels, engine, hashes, batch);
            return new EvalModel(loaded, engine, new LocalExaminee(engine, facts, options));
        } catch (RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    /// Bytes for keys and values, beside weights and all else.
    private static long room(ModelOption model, CommonOptions common) {
        common.check();
        var folder = model.open();
        var check =
                MemoryCheck.of(
                        folder, common, common.contextOr(folder.config().maxContext()), null);
        check.refuseIfTooMuch();
        long others = check.plan().totalBytes() - check.plan().kvBytes();
        return Math.max(0, check.machine().bytes() - others);
    }

    private static LocalExaminee.Options options(
            Backend backend, int context, int batch, long room) {
        var usual = LocalExaminee.Options.of(backend, context, batch);
        long one = backend.kvBytes(context);
        return usual.withKvBytes(Math.max(one, Math.min(usual.kvBytes(), room)));
    }

    private static Map<String, Object> facts(
            ModelOption model,
            CommonOptions common,
            KernelChoice kernels,
            Engine engine,
            Map<String, String> hashes,
            int batch) {
        var config = engine.backend().config();
        var template = engine.settings().chatTemplate();
        var facts = new LinkedHashMap<String, Object>();
        facts.put("model", model.path().toAbsolutePath().normalize().getFileName().toString());
        hashes.forEach((file, hash) -> facts.put("sha256 of " + file, hash));
        facts.put("layers", config.layers());
        facts.put("hidden", config.hidden());
        facts.put("vocabulary", config.vocab());
        facts.put("context", engine.context());
        facts.put("weights", lower(common.weights));
        facts.put("activations", lower(common.activationsOrFast()));
        facts.put("keys and values", lower(common.kv.type(config, engine.context())));
        facts.put("attention window", lower(common.window));
        facts.put(
                "extension", common.extend == null ? "as config.json says" : lower(common.extend));
        facts.put("begins with a token of its own", false);
        facts.put("chat format", template.format().toString().toLowerCase(Locale.ROOT));
        facts.put("tuned to chat", engine.settings().chatTuned());
        facts.put(Examinee.OF_RUN + "kernels", lower(kernels));
        facts.put(Examinee.OF_RUN + "backend", engine.backend().description());
        facts.put(Examinee.OF_RUN + "threads", common.threadsOrCores());
        facts.put(Examinee.OF_RUN + "batch", batch);
        return facts;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void close() {
        examinee.close();
        loaded.close();
    }
}
