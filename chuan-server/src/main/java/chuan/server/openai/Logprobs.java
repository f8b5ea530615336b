package chuan.server.openai;

import chuan.engine.TokenLogprobs;
import chuan.server.JsonObject;
import chuan.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Log-probabilities of one answer's tokens, in the two forms that the API has.
final class Logprobs {
    /// What stands for the logarithm of zero, which JSON cannot say.
    private static final double LEAST = -9999.0;

    private final TokenBytes bytes;
    private int offset;

    /// @param atStart the answer is a text of its own
    Logprobs(Tokenizer tokenizer, boolean atStart) {
        bytes = new TokenBytes(tokenizer, atStart);
    }

    /// Of a chat: `{"content":[{"token","bytes","logprob","top_logprobs"}],"refusal":null}`; `id`
    /// is ours.
    JsonObject chat(List<TokenLogprobs> tokens) {
        var content = new ArrayList<JsonObject>(tokens.size());
        for (var token : tokens) {
            var top = new ArrayList<JsonObject>(token.top().size());
            for (var candidate : token.top()) top.add(entry(candidate.id(), candidate.logprob()));
            content.add(entry(token.id(), token.logprob()).put("top_logprobs", top));
            bytes.advance(token.id());
        }
        return new JsonObject().put("content", content).put("refusal", null);
    }

    private JsonObject entry(int id, double logprob) {
        byte[] own = bytes.of(id);
        int[] numbers = new int[own.length];
        for (int i = 0; i < own.length; i++) numbers[i] = own[i] & 0xff;
        return new JsonObject()
                .put("id", id)
                .put("token", TokenBytes.text(own))
                .put("bytes", numbers)
                .put("logprob", finite(logprob));
    }

    /// Of a completion: four lists. Where several candidates look the same, the most probable one
    /// counts. Offsets are those of characters in the answer.
    JsonObject completion(List<TokenLogprobs> tokens) {
        var texts = new ArrayList<String>();
        var logprobs = new ArrayList<Double>();
        var tops = new ArrayList<Map<String, Double>>();
        var offsets = new ArrayList<Integer>();
        for (var token : tokens) {
            String text = TokenBytes.text(bytes.of(token.id()));
            texts.add(text);
            logprobs.add(finite(token.logprob()));
            offsets.add(offset);
            offset += text.codePointCount(0, text.length());
            var top = new LinkedHashMap<String, Double>();
            for (var candidate : token.top())
                top.putIfAbsent(
                        TokenBytes.text(bytes.of(candidate.id())), finite(candidate.logprob()));
            tops.add(top);
            bytes.advance(token.id());
        }
        return new JsonObject()
                .put("tokens", texts)
                .put("token_logprobs", logprobs)
                .put("top_logprobs", tops)
                .put("text_offset", offsets);
    }

    private static double finite(double logprob) {
        return logprob >= LEAST ? logprob : LEAST;
    }
}
