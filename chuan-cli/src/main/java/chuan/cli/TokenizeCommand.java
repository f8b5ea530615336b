package chuan.cli;

import chuan.tokenizer.SpecialText;
import chuan.tokenizer.Tokenizer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/// `chuan tokenize`: text to ids and back, line by line.
@Command(
        name = "tokenize",
        description = "Turns text into ids, or ids into text, a line at a time.",
        mixinStandardHelpOptions = true)
final class TokenizeCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin ModelOption model = new ModelOption();

    @Option(names = "--decode", description = "From ids to text.")
    boolean decode;

    @Option(
            names = "--jsonl",
            description =
                    "Lines are JSON: {\"text\"} in, {\"ids\", \"pieces\"} out; with --decode the"
                            + " other way.")
    boolean jsonl;

    @Option(
            names = "--special",
            paramLabel = "HOW",
            description =
                    "What text that spells a special piece becomes: plain (text, the default),"
                            + " sentencepiece or official_class (as those do).")
    SpecialText special = SpecialText.PLAIN;

    @Parameters(paramLabel = "TEXT", description = "Instead of the lines of stdin.")
    List<String> texts = new ArrayList<>();

    private int lineNumber;

    TokenizeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        Tokenizer tokenizer = model.tokenizer();
        var buffer = new BufferedOutputStream(streams.out(), 1 << 16);
        try (var out = new PrintStream(buffer, false, StandardCharsets.UTF_8)) {
            for (String text : texts) out.println(converted(tokenizer, text));
            if (texts.isEmpty()) convertLines(tokenizer, out);
        }
        return 0;
    }

    private void convertLines(Tokenizer tokenizer, PrintStream out) throws IOException {
        try (var lines = new Lines(streams.in())) {
            for (String line = lines.next(); line != null; line = lines.next())
                out.println(converted(tokenizer, line));
        }
    }

    private String converted(Tokenizer tokenizer, String line) {
        lineNumber++;
        try {
            if (jsonl)
                return Json.line(decode ? decoded(tokenizer, line) : encoded(tokenizer, line));
            if (decode) return tokenizer.decode(ids(line));
            return Arrays.stream(tokenizer.encode(line, special))
                    .mapToObj(Integer::toString)
                    .collect(Collectors.joining(" "));
        } catch (IllegalArgumentException e) {
            throw new CliException("line " + lineNumber + ": " + e.getMessage());
        }
    }

    private Map<String, Object> encoded(Tokenizer tokenizer, String line) {
        JsonNode text = Json.read(line, "line " + lineNumber).path("text");
        if (!text.isString()) throw new IllegalArgumentException("no \"text\" in this object");
        int[] ids = tokenizer.encode(text.stringValue(), special);
        var result = new LinkedHashMap<String, Object>();
        result.put("ids", ids);
        result.put("pieces", Arrays.stream(ids).mapToObj(tokenizer::piece).toList());
        return result;
    }

    private Map<String, Object> decoded(Tokenizer tokenizer, String line) {
        JsonNode ids = Json.read(line, "line " + lineNumber).path("ids");
        if (!ids.isArray()) throw new IllegalArgumentException("no \"ids\" in this object");
        var numbers = new int[ids.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!ids.get(i).canConvertToInt())
                throw new IllegalArgumentException(ids.get(i) + " is not an id");
            numbers[i] = ids.get(i).intValue();
        }
        return Map.of("text", tokenizer.decode(numbers));
    }

    /// Numbers with blanks or commas between them.
    static int[] ids(String text) {
        String stripped = text.strip();
        if (stripped.isEmpty()) return new int[0];
        return Arrays.stream(stripped.split("[\\s,]+", -1)).mapToInt(TokenizeCommand::id).toArray();
    }

    private static int id(String word) {
        try {
            return Integer.parseInt(word);
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException("\"" + word + "\" is not an id");
        }
    }
}
