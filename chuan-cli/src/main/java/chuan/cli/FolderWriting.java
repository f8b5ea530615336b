package chuan.cli;

import chuan.files.ModelFolder;
import chuan.files.ParallelReads;
import chuan.files.WriteProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// A model folder being written, with its tokenizer.
record FolderWriting(Streams streams, ModelOutput output) {

    /// @param tensorBytes what the progress counts to
    record Job(long tensorBytes, Writer writer) {}

    /// Writes the folder.
    interface Writer {
        void write(Path folder, WriteProgress progress) throws IOException;
    }

    /// Plans the folder.
    interface Plan {
        /// @param extraFiles to be copied into it
        Job of(List<Path> extraFiles, ParallelReads threads);
    }

    void write(ModelFolder input, ModelOption option, String type, int threads, Plan plan)
            throws IOException {
        Path scratch = Files.createTempDirectory("chuan");
        Path tokenizer = scratch.resolve("tokenizer.model");
        long start = System.nanoTime();
        try (var reads = new ParallelReads(threads);
                var stop = new CleanStop(streams.err())) {
            var file = GgufVocabulary.of(input, option).file();
            if (file.isPresent()) Files.write(tokenizer, file.get());
            var job = plan.of(file.isPresent() ? List.of(tokenizer) : List.of(), reads);
            output.checkSpace(job.tensorBytes());
            try (var progress =
                    new ProgressLine(
                            streams, "writing " + type, "MB", job.tensorBytes() / 1_000_000)) {
                job.writer.write(
                        output.path, stop.watch(bytes -> progress.update(bytes / 1_000_000)));
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            streams.out()
                    .printf(
                            Locale.ROOT,
                            "%s: %s, %.2f bits per weight, %s, %.1f s, %.0f MB/s of input%n",
                            output.path,
                            type,
                            8.0 * job.tensorBytes() / input.parameters(),
                            GgufWriting.size(job.tensorBytes()),
                            seconds,
                            input.weightBytes() / 1e6 / seconds);
        } finally {
            Files.deleteIfExists(tokenizer);
            Files.delete(scratch);
        }
    }
}
