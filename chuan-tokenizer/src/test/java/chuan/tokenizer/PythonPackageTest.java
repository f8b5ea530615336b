package chuan.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model trained and written here, loaded by the SentencePiece library itself: same ids. Needs a
/// Python with the package sentencepiece: `python3`, or what `CHUAN_PYTHON` names.
class PythonPackageTest {
    private static final String SCRIPT =
            """
            import json, sys
            import sentencepiece as spm
            processor = spm.SentencePieceProcessor(model_file=sys.argv[1])
            for line in open(sys.argv[2], encoding="utf-8"):
                print(" ".join(map(str, processor.encode(json.loads(line)["text"]))))
            """;

    @TempDir Path folder;

    @Test
    void theLibraryLoadsAModelTrainedHereAndGivesTheSameIds() throws Exception {
        String python = pythonOrSkip();
        BpeTrainerOptions options = BpeTrainerOptions.baichuan(1300);
        SentencePieceModel model = new BpeTrainer(options).train(BpeTrainerTest.corpus());
        Path file = folder.resolve("tokenizer.model");
        SentencePieceFile.write(model, file);
        Path texts = TestFiles.golden("tiny-plain-golden.jsonl");
        List<String> theirs = run(python, SCRIPT, file.toString(), texts.toString());
        Tokenizer tokenizer = Tokenizer.load(file);
        List<String> ours =
                MiniJson.lines(texts).stream()
                        .map(row -> tokenizer.encode(row.text("text"), SpecialText.SENTENCEPIECE))
                        .map(ids ->
                                IntStream.of(ids)
                                        .mapToObj(Integer::toString)
                                        .collect(Collectors.joining(" ")))
                        .toList();
        assertThat(ours).isEqualTo(theirs).hasSizeGreaterThan(350);
    }

    private String pythonOrSkip() throws Exception {
        @Nullable String named = System.getenv("CHUAN_PYTHON");
        String python = named == null ? "python3" : named;
        boolean present;
        try {
            present = !run(python, "import sentencepiece; print(1)").isEmpty();
        } catch (IOException _) {
            present = false;
        }
        assumeTrue(present, () -> python + " has no package sentencepiece (see CHUAN_PYTHON)");
        return python;
    }

    private List<String> run(String python, String script, String... arguments) throws Exception {
        Path output = Files.createTempFile(folder, "out", ".txt");
        List<String> command = new java.util.ArrayList<>(List.of(python, "-c", script));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command)
                        .redirectOutput(output.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return process.waitFor() == 0
                ? Files.readAllLines(output, StandardCharsets.UTF_8)
                : List.of();
    }
}
