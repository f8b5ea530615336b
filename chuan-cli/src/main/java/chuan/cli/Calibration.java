package chuan.cli;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.files.ModelFolder;
import chuan.quant.Importance;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Finds out which columns of a model's matrices matter, by letting it read text.
///
/// @param text documents; a piece of the first ones is read until there are enough tokens
/// @param tokens to read
record Calibration(Path text, int tokens) {
    /// Of a document: more different texts are worth more than longer ones.
    private static final int LONGEST_PIECE = 512;

    /// Rows whose logits are computed, so that the input of the output matrix is seen too.
    private static final int LOGIT_ROWS = 16;

    /// By official name, for [chuan.files.GgufExport].
    ///
    /// @throws CliException if the file holds no text
    Map<String, float[]> run(ModelFolder model, Tokenizer tokenizer, Streams streams)
            throws IOException {
        int piece = Math.min(LONGEST_PIECE, model.config().maxContext());
        var logits = new float[Math.multiplyExact(LOGIT_ROWS, model.config().vocab())];
        long read = 0;
        try (var backend = CpuBackend.load(model, CpuOptions.defaults());
                var cache = backend.newCache(piece);
                var progress = new ProgressLine(streams, "calibrating", "tokens", tokens)) {
            var statistics = backend.observe();
            for (String document : new Documents(List.of(text))) {
                int[] ids = tokenizer.encode(document);
                int count = (int) Math.min(Math.min(piece, ids.length), tokens - read);
                if (count <= 0) continue;
                cache.truncate(0);
                backend.forward(cache, ids, 0, count, Math.min(LOGIT_ROWS, count), logits);
                read += count;
                progress.update(read);
                if (read >= tokens) break;
            }
            if (read == 0) throw new CliException(text + ": holds no text");
            var importance = new HashMap<String, float[]>();
            statistics
                    .meanSquares()
                    .forEach((name, squares) -> importance.put(name, Importance.of(squares)));
            return importance;
        }
    }
}
