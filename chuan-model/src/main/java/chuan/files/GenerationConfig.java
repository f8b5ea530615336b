package chuan.files;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/// How a model wants to be sampled and which ids frame a chat: `generation_config.json`, with the
/// special ids of `config.json` behind it and the library's neutral values behind both.
///
/// @param eosTokenIds any of these ends an answer
/// @param userTokenId stands before a user's message, -1 if the model has no chat format
/// @param assistantTokenId stands before an answer, -1 if the model has no chat format
/// @param topK 0 for all
/// @param chatFormat our key `chat_format`: 1 = the end id follows each answer of the history
///   (Baichuan-13B-Chat of July 2023), 2 = it does not (Baichuan2-Chat, and models trained by the
///   recipe published with it), 0 = the file does not say
public record GenerationConfig(
        int padTokenId,
        int bosTokenId,
        List<Integer> eosTokenIds,
        int userTokenId,
        int assistantTokenId,
        int maxNewTokens,
        float temperature,
        int topK,
        float topP,
        float repetitionPenalty,
        boolean doSample,
        int chatFormat) {

    static final String FILE = "generation_config.json";

    public GenerationConfig {
        eosTokenIds = List.copyOf(eosTokenIds);
    }

    /// Only what the official file knows; the chat format is not said.
    public GenerationConfig(
            int padTokenId,
            int bosTokenId,
            List<Integer> eosTokenIds,
            int userTokenId,
            int assistantTokenId,
            int maxNewTokens,
            float temperature,
            int topK,
            float topP,
            float repetitionPenalty,
            boolean doSample) {
        this(
                padTokenId,
                bosTokenId,
                eosTokenIds,
                userTokenId,
                assistantTokenId,
                maxNewTokens,
                temperature,
                topK,
                topP,
                repetitionPenalty,
                doSample,
                0);
    }

    public GenerationConfig withChatFormat(int format) {
        return new GenerationConfig(
                padTokenId,
                bosTokenId,
                eosTokenIds,
                userTokenId,
                assistantTokenId,
                maxNewTokens,
                temperature,
                topK,
                topP,
                repetitionPenalty,
                doSample,
                format);
    }

    /// The values of Baichuan-13B-Chat.
    public static GenerationConfig baichuanChat() {
        return new GenerationConfig(0, 1, List.of(2), 195, 196, 2048, 0.3f, 5, 0.85f, 1.1f, true);
    }

    static GenerationConfig read(JsonFields config, JsonFields generation) {
        return new GenerationConfig(
                generation.integer("pad_token_id", config.integer("pad_token_id", -1)),
                generation.integer("bos_token_id", config.integer("bos_token_id", -1)),
                generation.has("eos_token_id") ? ids(generation) : ids(config),
                generation.integer("user_token_id", -1),
                generation.integer("assistant_token_id", -1),
                generation.integer("max_new_tokens", 2048),
                (float) generation.decimal("temperature", 1),
                generation.integer("top_k", 0),
                (float) generation.decimal("top_p", 1),
                (float) generation.decimal("repetition_penalty", 1),
                generation.flag("do_sample", false),
                chatFormat(generation));
    }

    private static int chatFormat(JsonFields generation) {
        int format = generation.integer("chat_format", 0);
        if (format >= 0 && format <= 2) return format;
        throw MalformedFileException.key(
                generation.file(), "chat_format", "must be 1 or 2, not " + format);
    }

    private static List<Integer> ids(JsonFields fields) {
        var value = fields.find("eos_token_id");
        if (value.isEmpty()) return List.of();
        if (!(value.get() instanceof Json.Arr(var items)))
            return List.of(fields.integer("eos_token_id"));
        var ids = new ArrayList<Integer>();
        for (Json item : items)
            ids.add(
                    new JsonFields(fields.file(), Json.Obj.of("eos_token_id", item))
                            .integer("eos_token_id"));
        return ids;
    }

    /// The official keys; ids that do not exist are left out.
    public Json.Obj toJson() {
        var fields =
                new LinkedHashMap<>(
                        Json.Obj.of(
                                        "pad_token_id", padTokenId,
                                        "bos_token_id", bosTokenId,
                                        "eos_token_id",
                                                eosTokenIds.size() == 1
                                                        ? eosTokenIds.getFirst()
                                                        : eosTokenIds,
                                        "user_token_id", userTokenId,
                                        "assistant_token_id", assistantTokenId,
                                        "max_new_tokens", maxNewTokens,
                                        "temperature", temperature,
                                        "top_k", topK,
                                        "top_p", topP,
                                        "repetition_penalty", repetitionPenalty,
                                        "do_sample", doSample)
                                .fields());
        if (chatFormat != 0) fields.put("chat_format", new Json.Num(String.valueOf(chatFormat)));
        fields.values().removeIf(v -> v.equals(new Json.Num("-1")));
        return new Json.Obj(fields);
    }

    static JsonFields absent(Path folder) {
        return new JsonFields(folder.resolve(FILE), Json.Obj.of());
    }
}
