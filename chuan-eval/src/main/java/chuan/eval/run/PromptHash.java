package chuan.eval.run;

import chuan.engine.ChatMessage;
import chuan.eval.Ask;
import chuan.eval.Prompt;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// SHA-256 of all that is asked for a question: two runs with equal hashes asked the same. Each
/// text is preceded by its number of bytes, so that no two questions run together to the same.
final class PromptHash {
    private final MessageDigest digest;

    private PromptHash() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }

    static String of(List<Ask> asks) {
        var hash = new PromptHash();
        for (var ask : asks) hash.add(ask);
        return HexFormat.of().formatHex(hash.digest.digest());
    }

    private void add(Ask ask) {
        switch (ask) {
            case Ask.Letters(var prompt, var letters, var tokens) -> {
                add("letters");
                add(prompt);
                add(letters);
                add(tokens.name());
            }
            case Ask.Likelihood(var prompt, var continuations) -> {
                add("likelihood");
                add(prompt);
                add(continuations);
            }
            case Ask.Writing(
                            var prompt,
                            var stop,
                            int maxTokens,
                            double temperature,
                            long seed) -> {
                add("writing");
                add(prompt);
                add(stop);
                add(Integer.toString(maxTokens));
                add(Double.toString(temperature));
                if (temperature > 0) add(Long.toString(seed));
            }
        }
    }

    private void add(Prompt prompt) {
        switch (prompt) {
            case Prompt.Text(String text) -> {
                add("text");
                add(text);
            }
            case Prompt.Chat(var messages) -> {
                add("chat");
                for (ChatMessage message : messages)
                    add(List.of(message.role().toString(), message.content()));
            }
        }
    }

    private void add(List<String> texts) {
        add(Integer.toString(texts.size()));
        for (String text : texts) add(text);
    }

    private void add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }
}
